import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trafficTarget } from '../../src/lab/index.js';
import { clusterState, findPostmaster } from '../../src/postgres/index.js';
import { eventually, processesNaming } from '../lab/lab-fixture.js';
import { database, text, useActionGround } from './action-ground.js';

const ground = useActionGround();
const to = { to: 'replacement' };
const markerBeside = (dataDirectory: string) => join(dirname(dataDirectory), 'restoring.json');
/** Works on a cluster whose token is gone, and puts it back. */
async function withoutToken(dataDirectory: string, work: () => Promise<void>): Promise<void> {
  const token = join(dirname(dataDirectory), 'token');
  renameSync(token, `${token}.away`);
  await work().finally(() => renameSync(`${token}.away`, token));
}

describe('the way back "whole"', () => {
  test('a cluster that cannot be known again is not touched', async () => {
    const { on } = ground;
    const primary = trafficTarget(on.lab);
    const server = await findPostmaster(primary.dataDirectory);
    await withoutToken(primary.dataDirectory, async () => {
      for (const [name, args] of [
        ['postgres.set-aside', {}],
        ['postgres.reindex', { database, indexes: ['public.bookings_pkey'] }],
        ['traffic.switch', { to: 'primary' }],
      ] as const)
        expect([name, (await on.refusal(name, args)).message]).toEqual([
          name,
          expect.stringContaining('there is no token in'),
        ]);
    });
    expect(await findPostmaster(primary.dataDirectory)).toEqual(server);
    expect(trafficTarget(on.lab)).toEqual(primary);
    expect(await on.ok('postgres.is-set-aside')).toBe(false);
  });

  test('the damaged cluster is put aside, where nobody reaches it and every byte is kept', async () => {
    const { on } = ground;
    const { postgres } = on.environment;
    const primary = trafficTarget(on.lab);
    await on.act('service.stop');
    expect(await on.refusal('traffic.switch', to)).toMatchObject({ reason: 'refused' });
    expect(await on.ok('traffic.points-to', to)).toBe(false);
    // Asking makes nothing.
    expect(await postgres.find('replacement')).toBeNull();

    const done = await on.act('postgres.set-aside');
    expect(done).toMatchObject({ ok: true, stoppedBy: 'fast' });
    expect(await on.ok('postgres.is-set-aside')).toBe(true);
    expect(await clusterState(primary)).toBe('absent');
    expect(existsSync(join(text(done['place']), 'PG_VERSION'))).toBe(true);
    expect(await on.refusal('postgres.set-aside')).toMatchObject({ reason: 'refused' });
    expect(await on.ok('postgres.is-set-aside')).toBe(true);
  });

  test('a restore whose engine was killed half-way is removed and done again', async () => {
    const { on } = ground;
    const { postgres } = on.environment;
    const { backup } = await on.act('postgres.usable-backup');
    const restore = { backup: backup!, until: 'latest', into: 'replacement' };
    const from = { backup: backup!, cluster: 'replacement' };
    const into = await postgres.locate('replacement');
    // No token, no restore: not even a folder is made.
    await withoutToken(into.dataDirectory, async () => {
      expect(await on.refusal('postgres.restore', restore)).toMatchObject({ reason: 'refused' });
    });
    expect(readdirSync(dirname(into.dataDirectory))).toEqual(['token']);

    // What is no half-made restore is left alone, however often one asks.
    mkdirSync(into.dataDirectory);
    writeFileSync(join(into.dataDirectory, 'somebody-elses'), 'work');
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await on.refusal('postgres.restore', restore)).toMatchObject({ reason: 'refused' });
    expect(readdirSync(into.dataDirectory)).toEqual(['somebody-elses']);

    // The engine's own marker beside it says that these files are its own.
    writeFileSync(markerBeside(into.dataDirectory), JSON.stringify({ backup }));
    await withoutToken(into.dataDirectory, async () => {
      expect(await on.refusal('postgres.restore', restore)).toMatchObject({ reason: 'refused' });
      expect(readdirSync(into.dataDirectory)).toEqual(['somebody-elses']);
    });
    expect(await on.ok('postgres.restored-from', from)).toBe(false);
    expect(await on.act('postgres.restore', restore)).toMatchObject({ backup, timeline: 2 });
    expect(existsSync(join(into.dataDirectory, 'somebody-elses'))).toBe(false);
    expect(existsSync(markerBeside(into.dataDirectory))).toBe(false);
    expect(await on.ok('postgres.restored-from', from)).toBe(true);
  });

  test('its server, too, is ended when a half-made restore is removed, but only where the token is', async () => {
    const { on } = ground;
    const into = (await on.environment.postgres.find('replacement'))!;
    const { backup } = await on.act('postgres.usable-backup');
    const restore = { backup: backup!, into: 'replacement' };
    const server = await findPostmaster(into.dataDirectory);
    // A complete cluster stands there: refused, and refused again.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await on.refusal('postgres.restore', restore)).toMatchObject({ reason: 'refused' });
      expect(await findPostmaster(into.dataDirectory)).toEqual(server);
    }
    // As a crash between the start of the server and its entry in the state leaves it.
    writeFileSync(markerBeside(into.dataDirectory), '{}');
    on.lab.update((state) => ({
      ...state,
      clusters: state.clusters.map((one) =>
        one.location.dataDirectory === into.dataDirectory
          ? { ...one, inode: null, fingerprint: null, postmaster: null }
          : one,
      ),
    }));
    await withoutToken(into.dataDirectory, async () => {
      expect((await on.refusal('postgres.restore', restore)).message).toContain('there is no token');
    });
    expect(await findPostmaster(into.dataDirectory)).toEqual(server);
    await on.act('postgres.restore', restore);
    expect((await findPostmaster(into.dataDirectory))?.pid).not.toBe(server?.pid);
  });

  test('clients come back to the replacement with every acknowledged write, and it is protected again', async () => {
    const { on } = ground;
    const { backup: old } = await on.act('postgres.usable-backup');
    expect(await on.ok('traffic.points-to', to)).toBe(false);
    expect(await on.act('traffic.switch', to)).toMatchObject({ ok: true });
    expect(await on.ok('traffic.points-to', to)).toBe(true);
    await on.act('service.start');
    expect(await on.ok('service.is-running')).toBe(true);
    const acknowledged = await on.acknowledged();
    const there = new Set(await on.canaries());
    expect(acknowledged.length).toBeGreaterThan(10);
    // A clean stop waits until the log has reached the second place: nothing may be missing.
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(await on.act('postgres.find-damage', { database })).toMatchObject({ damagedCount: 0 });
    expect(await on.ok('postgres.content-matches', { expectation: old! })).toBe(true);

    // Clients live on it: a marker that was left behind must not cost it its life.
    const serving = trafficTarget(on.lab);
    writeFileSync(markerBeside(serving.dataDirectory), '{}');
    const again = { backup: old!, into: 'replacement' };
    expect((await on.refusal('postgres.restore', again)).message).toContain('clients reach the cluster');
    expect(await clusterState(serving)).toBe('running');

    expect(await on.ok('postgres.is-protected')).toBe(false);
    await withoutToken(serving.dataDirectory, async () => {
      expect(await on.refusal('postgres.protect')).toMatchObject({ reason: 'refused' });
    });
    expect(await on.ok('postgres.protect')).toBe(true);
    expect(await on.ok('postgres.is-protected')).toBe(true);
    const { backup } = await on.act('postgres.backup');
    expect(backup).not.toBe(old);
    expect(await on.ok('postgres.backup-exists', { backup: backup! })).toBe(true);
    // A newer set does not make an older one disappear.
    expect(await on.ok('postgres.backup-exists', { backup: old! })).toBe(true);
    expect(await on.ok('postgres.backup-exists', { backup: '2027-01-17T010203Z-physical-3f9a01' })).toBe(
      false,
    );
    expect(await on.act('postgres.usable-backup')).toMatchObject({ backup });
  });

  test('tar killed in the middle of a restore leaves nothing half-made, and the next one succeeds', async () => {
    const { on } = ground;
    const { backup } = await on.act('postgres.usable-backup');
    const into = await on.environment.postgres.locate('side');
    const failing = on.refusal('postgres.restore', { backup: backup!, into: 'side' });
    const killing = eventually('tar at work', () => {
      const [found] = processesNaming(`-C ${into.dataDirectory}`).filter((line) => / tar /.test(` ${line} `));
      const pid = Number(found?.split(' ')[0]);
      if (!(pid > 0)) return false;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        return false;
      }
      return true;
    });
    await killing;
    expect((await failing).message).toMatch(/^tar could not read base\.tar/);
    expect(readdirSync(dirname(into.dataDirectory))).toEqual(['token']);
    expect(await on.ok('postgres.restored-from', { backup: backup!, cluster: 'side' })).toBe(false);
    expect(await on.act('postgres.restore', { backup: backup!, into: 'side' })).toMatchObject({ backup });
    await withoutToken(into.dataDirectory, async () => {
      expect(await on.refusal('postgres.remove-cluster', { cluster: 'side' })).toMatchObject({
        reason: 'refused',
      });
      expect(await clusterState(into)).toBe('running');
    });
    expect(await on.ok('postgres.remove-cluster', { cluster: 'side' })).toBe(true);
    // The same place again: what stood there before must not be expected there now.
    await on.act('postgres.restore', { backup: backup!, into: 'side' });
    expect(await on.ok('postgres.remove-cluster', { cluster: 'side' })).toBe(true);
    expect(await on.ok('postgres.remove-cluster', { cluster: 'set-aside' })).toBe(true);
    expect(await on.ok('postgres.is-removed', { cluster: 'set-aside' })).toBe(true);
  });
});
