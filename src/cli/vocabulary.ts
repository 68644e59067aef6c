import { builtInActions } from '../actions/index.js';
import { labFaults } from '../lab/index.js';
import type { Vocabulary } from '../language/index.js';

/** Everything a document may name: the built-in actions, the lab's faults, and what each kind of environment can insert. */
export const vocabulary: Vocabulary = {
  actions: builtInActions,
  faults: labFaults,
  environmentValues: {
    lab: {
      name: 'lab',
      database: 'ridehailing',
      application: 'http://127.0.0.1:8080',
      host: '127.0.0.1',
      port: 5432,
    },
    declared: {
      name: 'production',
      database: 'app',
      application: 'https://app.example.org',
      host: 'db.example.org',
      port: 5432,
    },
  },
};
