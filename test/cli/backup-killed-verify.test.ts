import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive, processIdentity } from '../../src/children/index.js';
import { readJobs } from '../../src/cli/jobs/read-jobs.js';
import { findPostmaster, type Postmaster } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { eventually } from '../lab/lab-fixture.js';
import { makeBackupProgramme, verified, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
  programme.declare({ policies: verified });
  expectExit(await programme.run('--quiet', 'backup'), 0);
});
afterAll(async () => programme.remove());

const scratch = () =>
  readdirSync(programme.ground.directory)
    .filter((name) => name.startsWith('firedrill-'))
    .map((name) => programme.at(name));

/** Kills a verification at the moment its isolated server is up; what it left. */
async function killedVerification(): Promise<{ directory: string; server: Postmaster }> {
  const before = scratch();
  const running = programme.start('verify', '--full');
  running.endInput();
  const left = await eventually(
    'the isolated server',
    async () => {
      for (const directory of scratch().filter((one) => !before.includes(one))) {
        const server = await findPostmaster(join(directory, 'data'));
        if (server !== null && server.status !== '') return { directory, server };
      }
      expect(running.hasEnded(), running.stderr()).toBe(false);
      return undefined;
    },
    90_000,
  );
  running.signal('SIGKILL');
  await running.ended;
  expect(isAlive(left.server)).toBe(true);
  return left;
}

test('what a killed verification leaves, its server too, is listed by prune and removed by the next command; what is another’s stays', async () => {
  const left = await killedVerification();
  // A living process of ours, another machine's, and one that says nothing.
  const kept = (
    [
      ['firedrill-living', { host: hostname(), process: processIdentity(process.pid) }],
      [
        'firedrill-elsewhere',
        { host: `not-${hostname()}`, process: { ...processIdentity(process.pid), pid: 1 } },
      ],
      ['firedrill-mute', null],
    ] as const
  ).map(([name, owner]) => {
    mkdirSync(programme.at(name));
    if (owner !== null) writeFileSync(join(programme.at(name), 'owner.json'), JSON.stringify(owner));
    return programme.at(name);
  });
  const staysOnly = () => expect(scratch().sort()).toEqual([...kept].sort());

  const dry = await programme.run('prune', '--dry-run');
  expectExit(dry, 0);
  expect(dry.stdout).toContain(`goes   ${left.directory}: process `);
  expect(isAlive(left.server)).toBe(true);
  expect(existsSync(left.directory)).toBe(true);

  const next = await programme.run('verify');
  expectExit(next, 0);
  expect(next.stderr).toContain(`ended the server on ${left.directory}/data (process ${left.server.pid})`);
  expect(next.stderr).toContain(`removed ${left.directory}: process `);
  expect(isAlive(left.server)).toBe(false);
  // What was killed said nothing, and counts as a failure all the same.
  const seen = readJobs(programme.directory, new Date()).map(({ job, full, outcome }) => [
    job,
    full,
    outcome,
  ]);
  expect(seen).toEqual([
    ['backup', false, 'succeeded'],
    ['verify', true, 'lost'],
    ['verify', false, 'succeeded'],
  ]);
  staysOnly();
  for (const one of kept) rmSync(one, { recursive: true });
});

test('prune removes it too, and the server that is backed up is not mistaken for one of those', async () => {
  const left = await killedVerification();
  const pruned = await programme.run('prune');
  expectExit(pruned, 0);
  expect(pruned.stdout).toContain(`removed ${left.directory}: process `);
  expect(isAlive(left.server)).toBe(false);
  expect(scratch()).toEqual([]);
  expectExit(await programme.run('--quiet', 'backup'), 0);
});
