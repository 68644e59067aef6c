import { expect, it } from 'vitest';
import { restoreBackup } from '../../src/backup/index.js';
import { bringBackTables, type ClusterLocation } from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { setsIn, useBackupGround } from './ground.js';

const on = useBackupGround();

it('several tables come back from a physical side instance, proven to be as new as the live ones', async () => {
  const { ground, primary, walDirectory } = on;
  await on.backup();
  const session = await on.session();
  try {
    await session.query(`insert into cities values (501, 'the last one')`);
    const [set] = await setsIn(on.store);
    const side: ClusterLocation = await ground.place('side');
    const restore = {
      tools: ground.tools,
      set: set!,
      walDirectory,
      into: side,
      isolate: true,
      passwordFrom: primary,
    };
    await session.query('select pg_switch_wal()');
    await restoreBackup({ ...restore, until: 'latest' });
    const request = {
      ...{ tools: ground.tools, side, target: primary, database: 'postgres', walDirectory },
      ...{ tables: ['fares', 'cities'], mode: 'replace' as const },
    };
    const done = await bringBackTables(request);
    expect(done.tables.map((one) => [one.table, one.rows])).toEqual([
      ['public.cities', 501],
      ['public.fares', 5000],
    ]);
    expect(done.done.filter((line) => line.includes('nothing of the table was changed'))).toHaveLength(2);
    expect(
      await session.query('select conname, convalidated as v from pg_constraint where contype = $1', ['f']),
    ).toEqual([{ conname: 'fares_city_fkey', v: true }]);

    // The tables have new files now, and a row that the side instance does not have.
    await session.query(`insert into cities values (502, 'written since')`);
    const failure = await failureOf(bringBackTables(request));
    expect(failure.reason).toBe('refused');
    expect(await session.query('select count(*)::int as n from cities')).toEqual([{ n: 502 }]);
    const merged = await bringBackTables({ ...request, mode: 'merge-missing' });
    expect(merged.tables[0]).toMatchObject({
      table: 'public.cities',
      rows: 502,
      inserted: 0,
      kept: 501,
      conflicting: 0,
    });
  } finally {
    await session.end();
  }
});
