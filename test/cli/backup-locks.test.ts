import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTo, findTools, freePort, killCluster, stopCluster } from '../../src/postgres/index.js';
import { expectExit, type Running } from '../end-to-end/support/run-program.js';
import { eventually } from '../lab/lab-fixture.js';
import { hourly, makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
  programme.declare({ policies: hourly });
  expectExit(await programme.run('--quiet', 'backup'), 0);
});
afterAll(async () => programme.remove());

/** Freezes a command at the moment it holds the store. */
async function frozen(work: string, args: readonly string[]): Promise<Running> {
  const running = programme.start(...args);
  running.endInput();
  const locks = join(programme.storeDirectory, 'locks');
  await eventually(
    `the hold of ${work}`,
    () => {
      expect(running.hasEnded(), running.stderr()).toBe(false);
      const notes = existsSync(locks) ? readdirSync(locks) : [];
      return notes.some((id) => {
        const file = join(locks, id, '0.json');
        if (!existsSync(file)) return false;
        const held = JSON.parse(readFileSync(file, 'utf8')) as { work: string; process: { pid: number } };
        return held.work === work && held.process.pid === running.pid;
      });
    },
    60_000,
  );
  running.signal('SIGSTOP');
  return running;
}

/** Lets it go on, and to its end. */
const thaw = async (running: Running) => {
  running.signal('SIGCONT');
  return running.ended;
};
const sets = () => readdirSync(programme.storeDirectory).filter((name) => name.includes('-physical-'));

test('a backup that hangs keeps out a second one, which names it, and a prune; nobody who lists, verifies or restores', async () => {
  const before = sets();
  const first = await frozen('backup', ['backup']);
  const second = await programme.run('--quiet', 'backup');
  expectExit(second, 6);
  expect(second.stderr).toMatch(
    new RegExp(`backup of production has held .* \\(process ${first.pid} on .*--wait 30m`),
  );
  // Whoever needs a finished set must not wait for a backup that hangs.
  const into = programme.at('beside-hung');
  try {
    expect((await programme.sets()).map(({ id }) => id)).toEqual(before);
    expectExit(await programme.run('verify'), 0);
    const restored = await programme.run('restore', '--into', into);
    expectExit(restored, 0);
    expect(restored.stderr).not.toContain('waiting');
    const prune = await programme.run('--quiet', 'prune');
    expectExit(prune, 6);
    expect(prune.stderr).toContain('backup of production has held');
  } finally {
    await killCluster({ dataDirectory: into });
  }
  expectExit(await thaw(first), 0);
  expect(sets()).toHaveLength(before.length + 1);
});

test('no backup and no prune while a restore reads the store; the restore ends well', async () => {
  const into = programme.at('side');
  const port = await freePort();
  const restore = await frozen('restore', ['restore', '--into', into, '--port', String(port)]);
  const location = { ...programme.primary, dataDirectory: into, port, passfile: `${into}.pass` };
  try {
    for (const args of [['backup'], ['prune']]) {
      const other = await programme.run('--quiet', ...args);
      expectExit(other, 6);
      expect(other.stderr).toMatch(new RegExp(`restore of \\S+ has held .* \\(process ${restore.pid} on `));
    }
    expectExit(await thaw(restore), 0);
    const session = await connectTo(location);
    const [row] = await session
      .query('select count(*)::int4 as n from bookings')
      .finally(async () => session.end());
    expect(row).toEqual({ n: 2000 });
  } finally {
    restore.signal('SIGCONT');
    await restore.ended;
    if (existsSync(into))
      await stopCluster(await findTools(), location, 'fast').catch(async () => killCluster(location));
  }
});

test('no prune while a verification reads the store, but a backup; a verification waits for no backup', async () => {
  programme.declare({ policies: `${hourly.slice(0, -1)}, retention: {keep: 1, for: 1ms}}` });
  expectExit(await programme.run('--quiet', 'backup'), 0);
  const before = sets();
  expect(before.length).toBeGreaterThan(1);
  const verification = await frozen('verify', ['verify']);
  const prune = await programme.run('--quiet', 'prune');
  expectExit(prune, 6);
  expect(prune.stderr).toMatch(
    new RegExp(`verification of \\S+ has held .* \\(process ${verification.pid} on `),
  );
  expect(sets()).toEqual(before);
  expectExit(await programme.run('--quiet', 'backup'), 0);
  expectExit(await thaw(verification), 0);
  expectExit(await programme.run('--quiet', 'prune'), 0);
  expect(sets()).toHaveLength(1);
});
