import { countedChanges, findBackup, inFolder, listBackups, watchRows } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { args, backupNamed, defineAction, shown, text } from '../define.js';

export const postgresWatchRows = defineAction({
  name: 'postgres.watch-rows',
  with: args(
    {
      database: { type: 'string' },
      against: {
        type: 'string',
        description: 'id of the backup set that says what must be there; the newest when not given',
      },
    },
    ['database'],
  ),
  outputs: {
    ok: 'whether every table is there with the rows that the backup says it must have',
    lost: 'tables that are missing, have too few rows, or rows with other content',
    lostCount: 'how many',
    found: 'what was found, a line each',
    unwatched: 'what was not looked at, and why',
    against: 'id of the backup set that it was compared with',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Compare tables, row counts and content of ${shown(given['database'])} with what ${backupNamed(given['against'])} recorded`,
  preview: () => [
    'SELECT to_regclass(<each table of the backup>)',
    'SELECT count(*), sum(hash_record_extended(row(record_send(t.*)), 0)) FROM ONLY <table> t [WHERE <key> <= <value>]',
  ],
  perform: async (given, { environment, output }) => {
    const { store, trusted, postgres } = environment;
    const named = given['against'];
    const set =
      typeof named === 'string'
        ? await findBackup(store, trusted, named)
        : (await listBackups(store, trusted)).sets[0];
    if (set === undefined)
      throw new Failure(
        'unavailable',
        `${store.describe} holds no backup set, so nothing says what must be there`,
      );
    const seen = await watchRows(await postgres.current(), text(given['database']), inFolder(store, set));
    for (const line of seen.found) output(`${line}\n`);
    for (const line of seen.unwatched) output(`not looked at: ${line}\n`);
    if (seen.found.length === 0) output(`nothing is missing against backup ${set.id}\n`);
    const lost = [...new Set([...seen.missing, ...seen.fewer, ...seen.changed])];
    return {
      outputs: {
        ok: lost.length === 0,
        lost,
        lostCount: lost.length,
        found: seen.found,
        unwatched: seen.unwatched,
        against: set.id,
      },
    };
  },
});

export const postgresCountedDeletions = defineAction({
  name: 'postgres.counted-deletions',
  with: args({ database: { type: 'string' } }, ['database']),
  outputs: {
    ok: 'whether the server counted none',
    deleted: 'rows counted as deleted in tables that never change or only grow',
    updated: 'rows counted as overwritten there',
    tables: 'which tables',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Ask the statistics of ${shown(given['database'])} for deletions and updates in tables that never change or only grow`,
  preview: () => ['SELECT relname, n_tup_del, n_tup_upd FROM pg_stat_user_tables'],
  perform: async (given, { environment, output }) => {
    const location = await environment.postgres.current();
    const counted = await countedChanges(location, text(given['database']), environment.policy);
    const { deleted, updated, tables } = counted;
    output(`${deleted} rows deleted, ${updated} overwritten: ${tables.join(', ') || 'in no table'}\n`);
    return { outputs: { ok: deleted === 0 && updated === 0, deleted, updated, tables } };
  },
});
