import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  reserveSlot,
  restoreBackup,
  startWalReceiver,
  stopWalReceiver,
  walContinuity,
  type RecoveryUntil,
} from '../../src/backup/index.js';
import {
  makeOwnedDirectory,
  runTool,
  stopCluster,
  textColumn,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { failureOf } from '../postgres/failure-of.js';
import { setsIn, useBackupGround, type PhysicalSet } from './ground.js';
import { makeStandby } from './standby.js';

describe('a point in time', () => {
  // The receiver is called drill: commits are acknowledged once it has them.
  const on = useBackupGround({ archive_mode: 'on', archive_command: 'true' });
  let set: PhysicalSet;
  /** Rows 1001 to 1003, one a transaction, and where the second began and ended in every way of saying it. */
  const place = { lsn: '', xid: '', time: '', before: '' };

  const query = async (sql: string) =>
    on.ground.withSession(on.primary, async (session) => session.query(sql));

  beforeAll(async () => {
    const far = join(on.ground.directory, 'far');
    await makeOwnedDirectory(far, on.primary.account);
    await query(`create tablespace far location '${far}'`);
    await query(
      'create table distant(id int) tablespace far; insert into distant select generate_series(1, 1000)',
    );
    await query(`alter system set synchronous_standby_names = 'drill'`);
    await query('select pg_reload_conf()');
    await query(`select pg_create_restore_point('too early')`);
    const early = await query('select pg_current_xact_id()::text as xid');
    await on.backup();
    set = (await setsIn(on.store))[0]!;
    place.before = textColumn(early[0], 'xid');
    await query('insert into canary(id) values (1001)');
    const [lsn] = await query('select pg_current_wal_insert_lsn()::text as lsn');
    place.lsn = textColumn(lsn, 'lsn');
    await on.ground.withSession(on.primary, async (session) => {
      const xid = await session.transaction(async (inside) => {
        await inside.query('insert into canary(id) values (1002)');
        const [row] = await inside.query('select pg_current_xact_id()::text as xid');
        return textColumn(row, 'xid');
      });
      place.xid = xid;
    });
    const [time] = await query(
      `select to_char(clock_timestamp() at time zone 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI:SS.US') || '+09' as time`,
    );
    place.time = textColumn(time, 'time');
    await query(`select pg_create_restore_point('second row')`);
    await query('insert into canary(id) values (1003)');
    await query('select pg_switch_wal()');
  });

  const request = (into: ClusterLocation, until: RecoveryUntil) => ({
    ...{ tools: on.ground.tools, set, walDirectory: on.walDirectory, into, until, isolate: true },
    passwordFrom: on.primary,
  });

  async function lastRow(into: ClusterLocation): Promise<number> {
    return on.ground.withSession(into, async (session) => {
      const [row] = await session.query('select max(id) as last from canary');
      return Number(row?.['last']);
    });
  }

  async function restoreUntil(name: string, until: RecoveryUntil): Promise<ClusterLocation> {
    const into = await on.ground.place(name);
    await restoreBackup(request(into, until));
    return into;
  }

  it('is reached exactly: by place, transaction, time with a zone and named point, before or after it', async () => {
    const targets: [RecoveryUntil, number][] = [
      [{ lsn: place.lsn }, 1001],
      [{ xid: place.xid }, 1001],
      [{ xid: place.xid, inclusive: true }, 1002],
      [{ time: place.time }, 1002],
      [{ name: 'second row' }, 1002],
      ['latest', 1003],
    ];
    for (const [at, [until, last]] of targets.entries()) {
      const into = await restoreUntil(`reached-${at}`, until);
      expect([until, await lastRow(into)]).toEqual([until, last]);
      await stopCluster(on.ground.tools, into, 'immediate');
    }
  });

  it('that is never reached fails in the server’s words and leaves nothing', async () => {
    const never: RecoveryUntil[] = [
      { lsn: 'FF/0' },
      { xid: '900000000' },
      { time: '2999-01-01T00:00:00+01:00' },
      { name: 'no such point' },
      // It lies before the backup, where nothing is replayed.
      { name: 'too early' },
    ];
    for (const until of never) {
      const into = await on.ground.place('never');
      const failure = await failureOf(restoreBackup(request(into, until)));
      expect(failure.reason).toBe('check');
      expect(failure.message).toContain('recovery ended before configured recovery target was reached');
      expect(existsSync(into.dataDirectory)).toBe(false);
      expect(existsSync(`${into.dataDirectory}.tablespaces`)).toBe(false);
    }
  });

  it('before the end of the backup is refused, and so is a time that two servers would read differently', async () => {
    const into = await on.ground.place('refused');
    const reasonFor = async (until: RecoveryUntil) =>
      (await failureOf(restoreBackup(request(into, until)))).reason;
    expect(await reasonFor({ lsn: set.manifest.wal.startLsn })).toBe('refused');
    expect(await reasonFor({ time: set.manifest.times.engineStarted })).toBe('refused');
    // The same moment as above, written elsewhere: a comparison of texts would let it pass.
    const east = new Date(Date.parse(set.manifest.times.engineStarted) + 9 * 3_600_000).toISOString();
    expect(await reasonFor({ time: east.replace('Z', '+09:00') })).toBe('refused');
    for (const time of ['2999-01-01T00:00:00', 'yesterday', '2999-01-01'])
      expect(await reasonFor({ time })).toBe('invalid');
    expect(existsSync(into.dataDirectory)).toBe(false);
  });

  it('leaves a cluster with tablespaces beside it, that archives nothing, waits for nobody and follows nobody', async () => {
    const into = await restoreUntil('quiet', 'latest');
    const [row] = await on.ground.withSession(into, async (session) =>
      session.query(
        `select (select count(*) from distant) as rows, (select pg_tablespace_location(oid) from pg_tablespace where spcname = 'far') as far,
                current_setting('archive_mode') as archive, current_setting('archive_command') as command,
                current_setting('synchronous_standby_names') as sync, current_setting('primary_conninfo') as follows`,
      ),
    );
    expect(row).toMatchObject({ rows: 1000, archive: 'off', command: '(disabled)', sync: '', follows: '' });
    expect(row!['far']).toMatch(new RegExp(`^${into.dataDirectory}\\.tablespaces/\\d+$`));
    // A write is acknowledged, and the original's tablespace does not see it.
    await on.ground.withSession(into, async (session) => session.query('truncate distant'));
    expect(await query('select count(*) as rows from distant')).toEqual([{ rows: 1000 }]);
  });

  it('lies on the other side of a promotion as well: the newest timeline is followed', async () => {
    const standby = await makeStandbyBeside();
    // Without it the checkpoint after the promotion would remove what the receiver has not got yet.
    await reserveSlot(standby, 'drill');
    await query(`alter system set synchronous_standby_names = ''`);
    await query('select pg_reload_conf()');
    await query('insert into canary(id) values (1004)');
    await query('select pg_switch_wal()');
    await eventually('the standby at 1004', async () => (await lastRow(standby)) === 1004);
    await stopWalReceiver(on.walDirectory);
    await stopCluster(on.ground.tools, on.primary, 'fast');
    await runTool(on.ground.tools, 'pg_ctl', ['promote', '-w', '-D', standby.dataDirectory], {
      location: standby,
    });
    await startWalReceiver({
      ...{ tools: on.ground.tools, location: standby, directory: on.walDirectory, slot: 'drill' },
    });
    await on.ground.withSession(standby, async (session) => {
      await session.query('insert into canary(id) values (2001)');
      await session.query(`select pg_create_restore_point('after the promotion')`);
      await session.query('insert into canary(id) values (2002)');
      await session.query('select pg_switch_wal()');
    });
    const { wal, server } = set.manifest;
    await eventually('the new timeline at the second place', async () => {
      const found = await walContinuity({
        directory: on.walDirectory,
        timeline: wal.timeline,
        fromLsn: wal.startLsn,
        segmentBytes: server.walSegmentBytes,
      });
      return (
        found.unbroken && found.timeline === 2 && found.lastCompleteStart !== null && found.partial !== null
      );
    });
    const latest = await restoreUntil('over-latest', 'latest');
    expect(await lastRow(latest)).toBe(2002);
    const named = await restoreUntil('over-named', { name: 'after the promotion' });
    expect(await lastRow(named)).toBe(2001);
    await stopWalReceiver(on.walDirectory);
  });

  /** Its tablespace cannot lie where the primary's does. */
  async function makeStandbyBeside(): Promise<ClusterLocation> {
    const far = join(on.ground.directory, 'far');
    await makeOwnedDirectory(`${far}-heir`, on.primary.account);
    return makeStandby(on.ground, on.primary, 'heir', {}, [`--tablespace-mapping=${far}=${far}-heir`]);
  }
});
