import { Failure } from '../../base/index.js';
import { bringBackTables } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresBringBackTables = defineAction({
  name: 'postgres.bring-back-tables',
  with: args(
    {
      database: { type: 'string' },
      tables: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        description: 'as in SQL: schema.name',
      },
      mode: {
        type: 'string',
        enum: ['replace', 'merge-missing'],
        description:
          'replace: exactly the rows of the side instance; merge-missing: only rows whose key is missing now',
      },
    },
    ['database', 'tables', 'mode'],
  ),
  outputs: {
    tables: 'each table with its rows now, how many were inserted, kept and in conflict',
    inserted: 'rows put in, all tables together',
    conflicting: 'rows that are there with another content; none of them was changed',
    done: 'everything that was done, in order',
  },
  effect: 'once',
  destroys: true,
  describe: (given) =>
    `Bring ${shown(given['tables'])} back from the side instance (${shown(given['mode'])}), in one transaction, in the order of their foreign keys`,
  preview: (given) => [
    `LOCK TABLE ${shown(given['tables'])}`,
    'COPY … TO STDOUT on the side instance, COPY … FROM STDIN into the live database',
    'setval(…) for the sequences that the tables own, never back',
  ],
  perform: async (given, { environment, signal, output }) => {
    const { postgres } = environment;
    const side = await postgres.find('side');
    if (side === null)
      throw new Failure('refused', 'there is no side instance to copy from', { hint: 'Restore one first.' });
    const target = await postgres.current();
    const tables = (given['tables'] as readonly unknown[]).map(text);
    await postgres.guard(`bring back ${tables.join(', ')}`, target);
    const result = await bringBackTables({
      ...{ tools: environment.tools, side, target, tables, database: text(given['database']) },
      mode: given['mode'] === 'replace' ? 'replace' : 'merge-missing',
      walDirectory: environment.wal.directory,
      signal,
      output: (line) => output(`${line}\n`),
    });
    const sum = (pick: (one: (typeof result.tables)[number]) => number) =>
      result.tables.reduce((total, one) => total + pick(one), 0);
    return {
      outputs: {
        tables: result.tables.map(({ table, rows, inserted, kept, conflicting }) => ({
          ...{ table, rows, inserted, kept, conflicting },
        })),
        inserted: sum((one) => one.inserted),
        conflicting: sum((one) => one.conflicting),
        done: result.done,
      },
    };
  },
});
