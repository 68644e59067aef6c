import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { restoreBackup, takeBackup, type BackupRequest } from '../../src/backup/index.js';
import { pauseReplay } from '../../src/backup/expectation/exact-pause.js';
import { hashTables, connectTo, textColumn, type ClusterLocation } from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { policy, setsIn, signer, useBackupGround } from './ground.js';
import { engine } from './sealed-ground.js';
import { makeStandby } from './standby.js';

describe('what a physical set must contain, read exactly from a paused standby', () => {
  const on = useBackupGround();
  let standby: ClusterLocation;

  beforeAll(async () => {
    await on.ground.withSession(on.primary, async (session) =>
      session.query(`
        create unlogged table scratchpad(id int); insert into scratchpad values (1);
        create table busy(id int primary key, n int not null default 0); insert into busy select generate_series(1, 2000);
        create table parts(id int, t text) partition by range (id);
        create table parts_1 partition of parts for values from (0) to (100); insert into parts values (1, 'one');
        create materialized view sums as select count(*) from cities`),
    );
    await on.ground.withSession(on.primary, async (session) => session.query('create database other'));
    await on.ground.withSession({ ...on.primary, database: 'other' }, async (session) =>
      session.query(`create table elsewhere as select i, md5(i::text) from generate_series(1, 300) i`),
    );
    standby = await makeStandby(on.ground, on.primary);
  });

  const take = async (more: Partial<BackupRequest> = {}) =>
    takeBackup({
      tools: on.ground.tools,
      location: on.primary,
      store: on.store,
      policy,
      kind: 'physical',
      source: 'test',
      walDirectory: on.walDirectory,
      signer,
      standby,
      ...more,
    });

  const pauseState = async () =>
    on.ground.withSession(standby, async (session) => {
      const [row] = await session.query('select pg_get_wal_replay_pause_state() as state');
      return textColumn(row, 'state');
    });

  /** Writers that change every row again and again until the work is done. */
  async function underWrites<T>(work: () => Promise<T>): Promise<T> {
    const go = { on: true };
    const writers = [1, 2, 3].map(async (which) => {
      const session = await connectTo(on.primary);
      while (go.on) {
        await session.query(
          `update busy set n = n + 1 where id % 3 = ${which - 1} and id % 50 = (random() * 50)::int;
           insert into fares(city, amount, note) values (${which}, 1, 'x'); delete from busy where id = (random() * 2000)::int`,
        );
        await delay(1);
      }
      await session.end();
    });
    try {
      return await work();
    } finally {
      go.on = false;
      await Promise.all(writers);
    }
  }

  it('is equal, table by table of every database, after a restore to that place, whatever was written meanwhile', async () => {
    const stages = new Set<string>();
    const { manifest } = await underWrites(async () => take({ progress: ({ stage }) => stages.add(stage) }));
    const { expectation } = manifest;
    expect(expectation).toMatchObject({ kind: 'exact', hashMethod: 'record', structureExact: true });
    expect(await pauseState()).toBe('not paused');
    const names = expectation.databases['postgres']!.tables.map((one) => one.table);
    expect(names).toEqual(
      ['busy', 'canary', 'cities', 'fares', 'parts_1', 'sums'].map((name) => `public.${name}`),
    );
    expect(expectation.databases['other']!.tables).toMatchObject([{ table: 'public.elsewhere', rows: 300 }]);
    expect(expectation.databases['postgres']!.uncovered).toEqual([
      { table: 'public.scratchpad', why: 'it is unlogged and comes back empty' },
    ]);
    expect(manifest.losses).toContainEqual(expect.stringContaining('scratchpad'));
    expect([...stages]).toEqual(expect.arrayContaining(['copying', 'reading content on the standby']));

    const into = await on.ground.place('exact');
    const [set] = await setsIn(on.store);
    const { tools } = on.ground;
    await restoreBackup({
      ...{ tools, set: set!, walDirectory: on.walDirectory, into, isolate: true, passwordFrom: on.primary },
      until: { lsn: manifest.wal.expectationLsn },
      pauseAtTarget: true,
    });
    for (const [database, { tables }] of Object.entries(expectation.databases)) {
      const found = await on.ground.withSession({ ...into, database }, async (session) =>
        hashTables(
          session,
          tables.map((one) => one.table),
        ),
      );
      expect(found).toEqual(tables);
    }
    // The writers went on: what the primary holds now is something else.
    const now = await on.ground.withSession(on.primary, async (session) =>
      hashTables(session, ['public.busy']),
    );
    expect(now[0]).not.toEqual(expectation.databases['postgres']!.tables[0]);
  });

  it('is partial, and says why, when the standby is behind, paused by somebody, not there or no standby', async () => {
    const partial = async (more: Partial<BackupRequest>) => {
      const { manifest } = await take(more);
      expect(manifest.expectation.kind).toBe('partial');
      return manifest.expectation.source;
    };
    await on.ground.withSession(standby, async (session) => session.query('select pg_wal_replay_pause()'));
    await vi.waitFor(async () => expect(await pauseState()).toBe('paused'));
    expect(await partial({ standbyLagMs: 300 })).toMatch(
      /not exact, because the standby \S+ did not get to .* within 0.3 s/,
    );
    // Not ours to end.
    expect(await pauseState()).toBe('paused');
    await on.ground.withSession(standby, async (session) => session.query('select pg_wal_replay_resume()'));
    expect(await partial({ standby: on.primary })).toContain('is no standby, it takes writes');
    expect(await partial({ standby: { ...standby, port: 1 } })).toContain(
      'not exact, because cannot connect',
    );
    const delayed = await makeStandby(on.ground, on.primary, 'delayed', { recovery_min_apply_delay: '1h' });
    expect(await partial({ standby: delayed })).toContain('kept behind on purpose, by 3600000 ms');
  });

  it('is refused, before anything is copied, with a server of another system', async () => {
    const stranger = await on.ground.cluster('stranger');
    const before = (await setsIn(on.store)).length;
    const failure = await failureOf(take({ standby: stranger }));
    expect(failure).toMatchObject({ reason: 'refused' });
    expect(failure.message).toContain('is no standby of this primary');
    expect((await setsIn(on.store)).length).toBe(before);
  });

  it('lets the standby go on when the backup is cancelled in the middle', async () => {
    const stop = new AbortController();
    const taking = take({
      signal: stop.signal,
      progress: ({ stage }) => {
        if (stage.startsWith('reading content')) stop.abort();
      },
    });
    expect((await failureOf(taking)).reason).toBe('cancelled');
    expect(await pauseState()).toBe('not paused');
  });

  it('lets the standby go on when the engine is killed while it stands still', async () => {
    const child = engine(
      `import { pauseReplay } from 'src:backup/expectation/exact-pause.ts';
       const { lsn } = await pauseReplay(given);
       process.stdout.write('paused at ' + lsn);
       setInterval(() => undefined, 60_000);`,
      standby,
    );
    const gone = once(child, 'exit');
    try {
      const [said] = (await once(child.stdout!, 'data')) as [Buffer];
      expect(said.toString()).toMatch(/^paused at [0-9A-F]+\/[0-9A-F]+/);
      expect(await pauseState()).toBe('paused');
      child.kill('SIGKILL');
      await gone;
      await vi.waitFor(async () => expect(await pauseState()).toBe('not paused'), { timeout: 10_000 });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('notices that the standby did not stand still: resumed by somebody, or held for too long', async () => {
    const first = await pauseReplay(standby);
    await on.ground.withSession(standby, async (session) => session.query('select pg_wal_replay_resume()'));
    expect(await first.resume()).toEqual({ heldStill: false });
    const second = await pauseReplay(standby, { maxPauseMs: 200 });
    await vi.waitFor(async () => expect(await pauseState()).toBe('not paused'), { timeout: 10_000 });
    expect(await second.resume()).toEqual({ heldStill: false });
    const third = await pauseReplay(standby);
    expect((await failureOf(pauseReplay(standby))).message).toContain('is already paused');
    expect(await third.resume()).toEqual({ heldStill: true });
    expect(await third.resume()).toEqual({ heldStill: true });
    expect(await pauseState()).toBe('not paused');
  });
});
