import { existsSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { feedCommand } from '../../src/backup/index.js';
import {
  bothRegions,
  cutDoor,
  labFaults,
  protectionBefore,
  storeOfB,
  trafficTarget,
} from '../../src/lab/index.js';
import { freezeCluster, stopCluster, withSession } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { database, text, useActionGround } from './action-ground.js';

const ground = useActionGround({ scale: 0.05, regions: 2 });
const standby = { cluster: 'standby' };
const former = { cluster: 'primary' };
const probe = { attempts: 3, timeoutSeconds: 1 };

/** Works on a cluster whose token is gone, and puts it back. */
async function withoutToken(dataDirectory: string, work: () => Promise<void>): Promise<void> {
  const token = join(dirname(dataDirectory), 'token');
  renameSync(token, `${token}.away`);
  await work().finally(() => renameSync(`${token}.away`, token));
}

describe('two regions', () => {
  test('on a healthy pair every sign is false, and how far region B is behind can be asked', async () => {
    const { on } = ground;
    expect(await on.act('region.probe', probe)).toMatchObject({
      ...{ ok: true, verdict: 'up', failedProbes: 0, thirdAnswers: true, suggestion: 'stay' },
    });
    const lag = await on.act('postgres.replication-lag', { standby: 'region_b' });
    expect(lag).toMatchObject({ ok: true, synchronous: false });
    expect(lag['mode']).toContain('asynchronous: a commit is acknowledged before a standby has it');
    expect(lag['behindBytes']).toBeTypeOf('number');
    expect(await on.act('postgres.replication-lag', { standby: 'nobody' })).toMatchObject({
      ...{ ok: false, behindBytes: null },
    });
    const reach = await on.act('postgres.standby-reach', standby);
    expect(text(reach['said'])).toMatch(
      /^every commit up to \d{4}-.*Z, .* before it was asked \(log position [0-9A-F]+\/[0-9A-F]+\)$/,
    );
    expect(await on.ok('region.is-fenced')).toBe(false);
    expect(await on.act('postgres.is-primary', standby)).toMatchObject({ ok: false, timeline: 1 });
    expect(await on.ok('traffic.points-to', { to: 'standby' })).toBe(false);
    expect(await on.ok('postgres.is-standby', former)).toBe(false);
    expect(await on.refusal('postgres.rebuild-standby', former)).toMatchObject({ reason: 'refused' });
  });

  test('in an environment with one region each of them says so, and what to write', async () => {
    const { on } = ground;
    const one = { ...on.environment, regions: null };
    for (const name of ['region.probe', 'region.fence', 'region.is-fenced', 'region.wake-and-write'])
      await expect(on.act(name, {}, undefined, one)).rejects.toMatchObject({
        ...{ reason: 'unavailable', hint: expect.stringContaining('regions: 2') as string },
      });
  });

  test('a broken line is not taken for a lost region', async () => {
    const { on } = ground;
    await cutDoor(on.lab, 'link');
    expect(await on.act('region.probe', probe)).toMatchObject({
      ...{ ok: false, verdict: 'link-down', failedProbes: 3, thirdAnswers: true, suggestion: 'stay' },
    });
    await cutDoor(on.lab, 'link', false);
    await eventually('the line again', async () => (await on.act('region.probe', probe))['ok'] === true);
  });

  test('a standby that follows nobody is told apart, and is given what the receiver has', async () => {
    const { on } = ground;
    expect(await on.ok('postgres.protect')).toBe(true);
    // The application goes on writing: at one instant either may have a commit that the other is about to get.
    await eventually('a standby with all that is received', () => on.ok('postgres.is-caught-up', standby));
    const { proof } = await labFaults.get('stale-standby')!.inject(on.lab, {
      ...{ id: 'stale', args: {}, signal: never },
    });
    expect(text(proof['message'])).toMatch(/^nobody follows region A; it has written /);
    const before = await protectionBefore(on.lab, 'run', 'gone');
    expect(before.reach).toBe('complete');
    expect(before.standby).toMatch(/^it follows nobody; NOT every commit/);
    expect(await on.act('postgres.replication-lag', { standby: 'region_b' })).toMatchObject({ ok: false });
    await on.query(`create table public.only_received as select 42 as answer`);
    await eventually('the received log', async () => !(await on.ok('postgres.is-caught-up', standby)));
    const given = await on.act('postgres.catch-up', standby);
    expect(given).toMatchObject({ ok: true, reach: 'incomplete' });
    expect(given['commits']).toBeGreaterThan(0);
    const { b } = bothRegions(on.lab);
    await withSession(b, { database, readOnly: true }, async (session) => {
      expect(await session.query('select answer from public.only_received')).toEqual([{ answer: 42 }]);
      // What it was given by is gone again: it is a standby as before.
      const [settings] = await session.query(
        `select current_setting('restore_command') as command, pg_is_in_recovery() as standby`,
      );
      expect(settings).toEqual({ command: '', standby: true });
    });
  });

  test('a lost region is seen from both places', async () => {
    const { on } = ground;
    await labFaults.get('lose-region')!.inject(on.lab, { id: 'gone', args: {}, signal: never });
    expect(await on.act('region.probe', probe)).toMatchObject({
      ...{ ok: false, verdict: 'region-down', failedProbes: 3, thirdAnswers: false, suggestion: 'fail-over' },
    });
    // Nobody writes any more; what the receiver has is all there will ever be.
    await on.act('postgres.catch-up', standby);
    expect(await on.ok('postgres.is-caught-up', standby)).toBe(true);
    // An engine that was killed while it fed leaves the way open: that is seen, and taken back.
    const { b } = bothRegions(on.lab);
    const command = feedCommand(on.environment.wal.directory).replaceAll("'", "''");
    await withSession(b, {}, async (session) => {
      await session.query(`alter system set restore_command = '${command}'`);
      await session.query('select pg_reload_conf()');
    });
    const left = await on.act('postgres.is-caught-up', standby);
    expect(left).toMatchObject({ ok: false, commits: 0 });
    expect(text(left['said'])).toContain(
      'its restore_command of an attempt that was broken off is still there',
    );
    expect(await on.act('postgres.catch-up', standby)).toMatchObject({ reach: 'complete', commits: 0 });
    expect(await on.ok('postgres.is-caught-up', standby)).toBe(true);
    await withSession(b, {}, async (session) => session.query('select pg_wal_replay_pause()'));
    expect((await on.refusal('postgres.catch-up', standby)).message).toMatch(/somebody has paused it$/);
    await withSession(b, {}, async (session) => session.query('select pg_wal_replay_resume()'));
  });

  test('without a fence its return is a split brain, and the step that looks for one fails', async () => {
    const { on } = ground;
    // Frozen and not fenced: that nobody answers is no fence.
    expect(await on.act('region.is-fenced')).toMatchObject({ ok: false, epoch: null });
    const failure = await on.refusal('region.wake-and-write');
    expect(failure.reason).toBe('check');
    expect(failure.message).toMatch(/^split brain: the lost region, continued, accepted a client’s write/);
    await freezeCluster(bothRegions(on.lab).a);
  });

  test('region B is not promoted while nobody has fenced region A, however lost it looks', async () => {
    const { on } = ground;
    const failure = await on.refusal('postgres.promote', standby);
    expect(failure.reason).toBe('refused');
    expect(failure.message).toContain('the old primary is not shown to be fenced');
    expect(failure.hint).toContain('a person has to decide it');
    expect(await on.ok('postgres.is-primary', standby)).toBe(false);
  });

  test('the fence holds although nobody reaches the region, and is taken back while region B is a standby', async () => {
    const { on } = ground;
    expect(await on.act('region.fence', { why: 'given up' })).toMatchObject({ ok: true, epoch: 1 });
    expect(await on.act('region.is-fenced')).toMatchObject({ ok: true, awake: false });
    expect(await on.ok('region.is-fenced', { awake: true })).toBe(false);
    expect(await on.ok('region.unfence')).toBe(true);
    expect(await on.ok('region.is-fenced')).toBe(false);
    expect(await on.act('region.fence')).toMatchObject({
      ...{ ok: true, epoch: 2, said: expect.stringContaining('given up by run run') as string },
    });
  });

  test('region B is promoted once, on a timeline of its own, and only by the lab that made it', async () => {
    const { on } = ground;
    const { b } = bothRegions(on.lab);
    await withoutToken(b.dataDirectory, async () => {
      expect((await on.refusal('postgres.promote', standby)).message).toContain('there is no token in');
    });
    expect(await on.ok('postgres.is-primary', standby)).toBe(false);
    expect(await on.act('postgres.promote', standby)).toMatchObject({ ok: true, timeline: 2, fenced: true });
    expect(await on.act('postgres.is-primary', standby)).toMatchObject({ ok: true, timeline: 2 });
    expect(await on.refusal('postgres.promote', standby)).toMatchObject({ reason: 'refused' });
    expect((await on.refusal('region.unfence')).message).toContain('region B takes writes');
  });

  test('clients go on in region B, and everything they had acknowledged there stays', async () => {
    const { on } = ground;
    const { b } = bothRegions(on.lab);
    expect(await on.ok('traffic.switch', { to: 'standby' })).toBe(true);
    expect(await on.ok('traffic.points-to', { to: 'standby' })).toBe(true);
    expect(trafficTarget(on.lab)).toEqual(b);
    expect(await on.ok('service.start')).toBe(true);
    const before = new Set(await on.acknowledged());
    const fresh = (await on.acknowledged()).filter((id) => !before.has(id));
    expect(fresh.length).toBeGreaterThan(0);
    expect(await on.canaries()).toEqual(expect.arrayContaining(fresh));
  });

  test('region A is refused when it wakes, continued and restarted, and its commits stay behind the fence', async () => {
    const { on } = ground;
    expect(await on.act('region.wake-and-write')).toMatchObject({ ok: true, takesWrites: true, timeline: 1 });
    expect(await on.act('region.is-fenced', { awake: true })).toMatchObject({ ok: true, awake: true });
    const { a } = bothRegions(on.lab);
    await on.query(`insert into public.application_status values ('only in a', clock_timestamp())`, a);
  });

  test('region B is protected by itself: the backup of before, the log, and a new backup lie there', async () => {
    const { on } = ground;
    const store = { store: 'region-b' };
    const listed = await on.act('store.list', store);
    expect(await on.ok('store.has', { ...store, backup: listed['newest']! })).toBe(true);
    expect(await on.ok('postgres.content-matches')).toBe(true);
    expect(await on.ok('postgres.is-protected')).toBe(false);
    expect(await on.ok('postgres.protect')).toBe(true);
    const { backup } = await on.act('postgres.backup');
    expect(await on.ok('postgres.backup-exists', { backup: backup! })).toBe(true);
    expect(existsSync(join(storeOfB(on.lab).directory, text(backup)))).toBe(true);
    expect(readdirSync(on.lab.paths.wal).some((name) => /^00000002[0-9A-F]{16}$/.test(name))).toBe(true);
  });

  test('region A becomes a standby of region B, rewound, without what only it had', async () => {
    const { on } = ground;
    const { a } = bothRegions(on.lab);
    await withoutToken(a.dataDirectory, async () => {
      expect(await on.refusal('postgres.rebuild-standby', former)).toMatchObject({ reason: 'refused' });
    });
    expect(await on.act('postgres.rebuild-standby', former)).toEqual({ ok: true, way: 'rewound', why: null });
    expect(await on.ok('postgres.is-standby', former)).toBe(true);
    await on.query(`insert into public.application_status values ('from b', clock_timestamp())`);
    await eventually('the row in region A', async () => {
      const rows = await on.query(`select host from public.application_status where host = 'from b'`, a);
      return rows.length === 1;
    });
    expect(await on.query(`select host from public.application_status where host = 'only in a'`, a)).toEqual(
      [],
    );
  });

  test('or from a fresh copy, where it cannot be rewound', async () => {
    const { on } = ground;
    const { a } = bothRegions(on.lab);
    await stopCluster(on.environment.tools, a, 'fast');
    expect(await on.ok('postgres.is-standby', former)).toBe(false);
    const done = await on.act('postgres.rebuild-standby', { ...former, copy: true });
    expect(done).toEqual({ ok: true, way: 'copied', why: 'asked for' });
    expect(await on.ok('postgres.is-standby', former)).toBe(true);
  });
});

const never = new AbortController().signal;
