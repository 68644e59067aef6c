import { findBackup, inFolder, requireKind, restoreDatabase } from '../../backup/index.js';
import { args, defineAction, shown, text } from '../define.js';

export const postgresRestoreDatabase = defineAction({
  name: 'postgres.restore-database',
  with: args(
    {
      backup: { type: 'string', description: 'id of a logical set' },
      database: { type: 'string', description: 'as it is called in the set' },
      as: { type: 'string', description: 'name of the new database; none of that name may exist' },
    },
    ['backup', 'database', 'as'],
  ),
  outputs: {
    database: 'name of the new database',
    tookMs: 'how long it took, in milliseconds',
    said: 'warnings of PostgreSQL’s programs',
  },
  effect: 'once',
  destroys: false,
  describe: (given) =>
    `Restore database ${shown(given['database'])} of backup ${shown(given['backup'])} beside the others, as ${shown(given['as'])}`,
  preview: (given) => [
    `CREATE DATABASE ${shown(given['as'])} TEMPLATE template0`,
    `pg_restore --exit-on-error -j <jobs> -d ${shown(given['as'])} <store>/<set>/db-<n>`,
    `vacuumdb --analyze-only -d ${shown(given['as'])}`,
  ],
  perform: async (given, { environment, signal, output }) => {
    const { store, trusted, tools, postgres } = environment;
    const set = requireKind(await findBackup(store, trusted, text(given['backup'])), 'logical');
    const location = await postgres.current();
    await postgres.guard('restore a database into it', location);
    const { database, durationMs, said } = await restoreDatabase({
      ...{ tools, set: inFolder(store, set), location, signal, output },
      ...{ database: text(given['database']), as: text(given['as']) },
    });
    return { outputs: { database, tookMs: durationMs, said } };
  },
});

export const postgresDatabaseIsThere = defineAction({
  name: 'postgres.database-is-there',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: { ok: 'whether the cluster that clients reach has that database and lets people in' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether database ${shown(given['database'])} is there and takes connections`,
  preview: () => ['SELECT datallowconn FROM pg_database WHERE datname = …'],
  perform: async (given, { environment }) => {
    const session = await environment.postgres.connect({ readOnly: true });
    try {
      const rows = await session.query(
        'select 1 as one from pg_database where datname = $1 and datallowconn',
        [text(given['database'])],
      );
      return { outputs: { ok: rows.length > 0 } };
    } finally {
      await session.end();
    }
  },
});
