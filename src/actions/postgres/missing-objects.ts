import { createIndexes } from '../../postgres/index.js';
import { findMissingObjects } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ActionContext } from '../action.js';
import { asAdministrator, names } from './diagnosing.js';

export const postgresMissingObjects = defineAction({
  name: 'postgres.missing-objects',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: {
    ok: 'whether every object that the newest backup recorded is there',
    missing: 'objects that are not there, as kind schema.name',
    missingCount: 'how many',
    indexes: 'the indexes among them',
    others: 'those among them that are no indexes',
    different: 'objects that are there, but not as recorded',
    expectation: 'id of the backup set that says what should be there',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Compare the objects of ${shown(given['database'])} with those that the newest backup recorded`,
  preview: () => [
    'sha256 of structure.json of <set>, compared with its signed manifest',
    'SELECT … FROM pg_class, pg_index, pg_constraint, pg_proc, …',
  ],
  perform: async (given, context) => {
    const found = await look(text(given['database']), context);
    for (const one of found.missing) context.output(`missing: ${one}\n`);
    for (const one of found.different) context.output(`${one}\n`);
    context.output(`compared with ${found.expectation} of ${found.takenAt}\n`);
    return {
      outputs: {
        ok: found.missing.length === 0,
        missing: found.missing,
        missingCount: found.missing.length,
        indexes: found.indexes.map((one) => one.name),
        others: found.missing.filter((one) => !one.startsWith('indexes ')),
        different: found.different,
        expectation: found.expectation,
      },
    };
  },
});

export const postgresRebuildIndexes = defineAction({
  name: 'postgres.rebuild-indexes',
  with: args(
    {
      database: { type: 'string' },
      indexes: { type: 'array', items: { type: 'string' }, description: 'missing indexes, as schema.name' },
    },
    ['database', 'indexes'],
  ),
  outputs: { rebuilt: 'indexes that were built', tookMs: 'how long it took, in milliseconds' },
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `Build the missing indexes ${shown(given['indexes'])} from the definitions in the newest backup, while clients go on`,
  preview: () => [
    'DROP INDEX CONCURRENTLY <index> (only where an earlier attempt left it invalid)',
    'CREATE INDEX CONCURRENTLY <as recorded by the newest backup>',
  ],
  perform: async (given, context) => {
    const { environment, signal, output } = context;
    const database = text(given['database']);
    const wanted = names(given['indexes'], 'indexes');
    if (wanted.length === 0)
      throw new Failure('invalid', 'there is no index to build', {
        hint: 'Choose another way; the steps before say what was found.',
      });
    const { indexes, expectation } = await look(database, context);
    const missing = indexes.filter((one) => wanted.includes(one.name));
    const unknown = missing.find((one) => one.definition === '');
    if (unknown !== undefined)
      throw new Failure('unavailable', `${expectation} does not record how ${unknown.name} is made`, {
        hint: 'Build it by hand from the schema in your version control, with CREATE INDEX CONCURRENTLY.',
        retryable: false,
      });
    const location = await environment.postgres.current();
    await environment.postgres.guard('build missing indexes', location);
    const stop = { signal, connect: () => environment.postgres.connect({ database, location }) };
    const done = await asAdministrator(environment, { database, location }, (session) =>
      createIndexes(session, missing, stop),
    );
    output(`built ${done.built.join(', ')} as ${expectation} records them\n`);
    return { outputs: { rebuilt: done.built, tookMs: Math.round(done.durationMs) } };
  },
});

async function look(database: string, { environment, signal }: ActionContext) {
  const { store, trusted, postgres } = environment;
  return findMissingObjects({ store, trusted, location: await postgres.current(), database, signal });
}
