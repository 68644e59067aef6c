import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectTo } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare());

describe('firedrill prune', () => {
  test('prints why each set stays, touches nothing with --dry-run, and removes what may go', async () => {
    programme.declare({
      policies: '  short: {way: logical, store: main, interval: 1h, retention: {keep: 1, for: 1ms}}',
    });
    for (let taken = 0; taken < 3; taken += 1) expectExit(await programme.run('--quiet', 'backup'), 0);
    const mine = async () => (await programme.sets()).map((one) => one.id);
    const before = await mine();
    const dry = await programme.run('prune', '--dry-run');
    expectExit(dry, 0);
    expect(dry.stdout).toContain('policy short, store main: 2 of 3 sets go');
    expect(dry.stdout).toMatch(/stays +\S+ .*it is among the newest 1/);
    expect(await mine()).toEqual(before);
    const quiet = await programme.run('--quiet', 'prune', '--dry-run');
    expect([quiet.code, quiet.stderr]).toEqual([0, '']);
    expect(quiet.stdout).toContain('policy short, store main: 2 of 3 sets go');
    const list = await programme.run('--quiet', 'backups');
    expect([list.code, list.stderr]).toEqual([0, '']);
    for (const id of before) expect(list.stdout).toContain(id);
    expectExit(await programme.run('prune'), 0);
    expect(await mine()).toHaveLength(before.length - 2);
    const data = await programme.data('prune', '--dry-run');
    expect(data).toMatchObject({ dryRun: true, stores: [{ store: 'main', done: null }] });
  });

  test('one store that is down is named, the others are pruned, and the exit code says that it was not all', async () => {
    programme.declare({
      stores: `  other: {kind: local, directory: ${programme.at('other')}}
  offsite: {kind: s3, bucket: none, region: us-east-1, endpoint: "http://127.0.0.1:1", credentials: {file: /nonexistent}, requestTimeout: 1s}`,
      policies: `  far: {environment: production, way: logical, store: main, copies: [offsite], interval: 1h, retention: {keep: 1, for: 1ms}}
  near: {environment: production, way: logical, store: other, interval: 1h, retention: {keep: 1, for: 1ms}}`,
    });
    for (let taken = 0; taken < 2; taken += 1) {
      expectExit(await programme.run('--quiet', 'backup', 'far', '--local-only'), 0);
      expectExit(await programme.run('--quiet', 'backup', 'near'), 0);
    }
    const mine = (name: string) =>
      readdirSync(programme.at(name)).filter((one) => /-logical-[0-9a-f]+$/.test(one)).length;
    const far = mine('store');
    const dry = await programme.run('prune', '--dry-run');
    expectExit(dry, 6);
    expect(dry.stdout).toContain('policy near, store other: 1 of 2 sets go');
    expect(dry.stdout).toContain('policy far, store offsite: not done: ');
    expect(dry.stderr).toContain('store offsite of policy far was not looked at: ');
    expect(mine('other')).toBe(2);
    const ended = await programme.run('prune');
    expectExit(ended, 6);
    expect(ended.stderr).toContain('store offsite of policy far was not pruned to the end: ');
    // A verifier may have noted in the store that is down which of these is known to work.
    expect(ended.stdout).toMatch(
      /stays +\S+ .*: it may be the last verified one: store offsite could not be asked/,
    );
    expect([mine('other'), mine('store')]).toEqual([1, far]);
  });

  test('a segment of the log goes once, whichever of the policies of a store is looked at', async () => {
    programme.declare({
      policies: `  files: {way: physical, store: main, interval: 1h, retention: {keep: 1, for: 1ms}}
  dumps: {way: logical, store: main, interval: 1h, retention: {keep: 1, for: 1ms}}`,
    });
    expectExit(await programme.run('--quiet', 'backup', '--all'), 0);
    const session = await connectTo(programme.primary);
    await session.query('insert into canary select max(id) + 1 from canary');
    await session.query('select pg_switch_wal()').finally(async () => session.end());
    expectExit(await programme.run('--quiet', 'backup', '--all'), 0);
    const { stores } = (await programme.data('prune', '--dry-run')) as {
      stores: { plan: { wal: { files: string[] } } }[];
    };
    const going = stores.flatMap((one) => one.plan.wal.files);
    expect(going.length).toBeGreaterThan(0);
    expect(new Set(going).size).toBe(going.length);
    const before = readdirSync(programme.walDirectory);
    expectExit(await programme.run('prune'), 0);
    const gone = before.filter((name) => !readdirSync(programme.walDirectory).includes(name));
    expect(gone.map((name) => `${programme.walDirectory}/${name}`).sort()).toEqual(going.sort());
  });
});
