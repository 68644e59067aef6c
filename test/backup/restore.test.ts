import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { restoreBackup, type RecoveryUntil } from '../../src/backup/index.js';
import { hashTables, readFingerprint, textColumn, type ClusterLocation } from '../../src/postgres/index.js';
import { setsIn, useBackupGround, type PhysicalSet } from './ground.js';

describe('backup and restore', () => {
  const on = useBackupGround();

  async function newest(): Promise<PhysicalSet> {
    const sets = await setsIn(on.store);
    return sets[0]!;
  }

  async function restore(
    name: string,
    until: RecoveryUntil,
  ): Promise<{ into: ClusterLocation; recoveredTo: string; timeline: number }> {
    const into = await on.ground.place(name);
    const set = await newest();
    const { tools } = on.ground;
    const result = await restoreBackup({
      tools,
      set,
      walDirectory: on.walDirectory,
      into,
      until,
      isolate: true,
      passwordFrom: on.primary,
    });
    return { into, ...result };
  }

  it('restores to the latest commit what was backed up under concurrent writes', async () => {
    const writer = await on.session();
    let acknowledged = 100;
    const go = { on: true };
    const write = (async () => {
      while (go.on) {
        await writer.query('insert into canary(id) values ($1)', [acknowledged + 1]);
        acknowledged += 1;
        await delay(1);
      }
    })();
    const { manifest } = await on.backup();
    const during = acknowledged;
    go.on = false;
    await write;
    const [cities, fares, canary] = manifest.expectation.databases['postgres']!.tables;
    expect([cities!.rows, fares!.rows]).toEqual([500, 5000]);
    expect(canary!.rows).toBeGreaterThanOrEqual(100);
    const before = await hashTables(writer, ['cities', 'fares', 'canary']);
    await writer.end();
    expect(during).toBeGreaterThan(100);

    const { into, timeline } = await restore('latest', 'latest');
    const after = await on.ground.withSession(into, async (session) =>
      hashTables(session, ['cities', 'fares', 'canary']),
    );
    expect(after).toEqual(before);
    expect(timeline).toBe(2);
    const origin = await readFingerprint(on.primary);
    const copy = await readFingerprint(into);
    expect(copy).toMatchObject({
      systemIdentifier: origin.systemIdentifier,
      inRecovery: false,
      port: into.port,
    });
    const rows = await on.ground.withSession(into, async (session) =>
      session.query(`select name, setting from pg_settings
      where name in ('archive_mode', 'synchronous_standby_names', 'max_logical_replication_workers') order by 1`),
    );
    expect(rows.map((row) => row['setting'])).toEqual(['off', '0', '']);
  });

  it('stops just before a harmful transaction, by its id and by its place in the log', async () => {
    await on.backup();
    const session = await on.session();
    await session.query(`insert into canary(id) values (1000001)`);
    const [place] = await session.query('select pg_current_wal_insert_lsn()::text as lsn');
    const xid = await session.transaction(async (inside) => {
      await inside.query('delete from canary');
      const [row] = await inside.query('select pg_current_xact_id()::text as xid');
      return textColumn(row, 'xid');
    });
    await session.query(`insert into canary(id) values (1000002)`);
    await session.query('select pg_switch_wal()');
    await session.end();
    const until: RecoveryUntil[] = [{ xid }, { lsn: textColumn(place, 'lsn') }];
    for (const one of until) {
      const { into } = await restore(`until-${Object.keys(one).join()}`, one);
      const rows = await on.ground.withSession(into, async (inside) =>
        inside.query('select count(*) > 100 as there, max(id) as max from canary'),
      );
      expect(rows).toEqual([{ there: true, max: 1000001 }]);
    }
  });
});
