import { spawn } from '@lydell/node-pty';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtProgram, expectExit, runProgram } from '../end-to-end/support/run-program.js';
import { until } from '../end-to-end/support/sleep.js';

// Without any configuration: what a newcomer has after `firedrill lab up`.
const directory = mkdtempSync(join(tmpdir(), 'firedrill-backup-lab-'));
const env = { FIREDRILL_CONFIG_HOME: join(directory, 'config'), FIREDRILL_SCRATCH: directory };
const run = (...args: string[]) => runProgram(['--directory', directory, ...args], { env });
const data = async (...args: string[]) => {
  const ended = await run('--format', 'json', ...args);
  return (JSON.parse(ended.stdout) as { data: Record<string, Record<string, unknown>[]> }).data;
};

beforeAll(async () => {
  chmodSync(directory, 0o755);
  const alone = await run('backup', '--environment', 'lab');
  expectExit(alone, 6);
  expect(alone.stderr).toContain('firedrill lab up');
  expectExit(await run('lab', 'up'), 0);
});
afterAll(async () => {
  await run('lab', 'down', '--all');
  rmSync(directory, { recursive: true, force: true });
});

test('a running lab is backed up both ways, and both are verified, restored and pruned', async () => {
  expectExit(await run('backup', '--environment', 'lab'), 0);
  const { sets = [] } = await data('backups');
  // The lab itself was protected by a physical set when it was made.
  expect(sets.map((one) => one['way'])).toEqual(['logical', 'physical', 'physical']);
  for (const set of sets.slice(0, 2)) {
    const ended = await run('verify', String(set['id']), '--full');
    expectExit(ended, 0);
    expect(ended.stdout).toMatch(/: verified · 6\/6 required tests passed · not run: 2, 8/);
  }
  expect((await data('backups'))['sets']?.slice(0, 2).every((one) => one['verified'] !== null)).toBe(true);
  expectExit(await run('restore', '--database', 'ridehailing', '--as', 'copy'), 0);
  const pruned = await run('prune', '--dry-run');
  expect(pruned.stdout).toContain('0 of 3 sets go');
});

test('a lab’s cluster is restored in place, and the lab goes on with it', async () => {
  const env = ['--environment', 'lab'];
  expectExit(await run('backup', ...env, '--way', 'physical'), 0);
  const ended = await run('restore', ...env, '--in-place', '--force');
  expectExit(ended, 0);
  expect(ended.stdout).toContain('no commit is missing');
  const [old] = (await data('restore', ...env, '--kept'))['kept'] ?? [];
  expect(old).toMatchObject({ kind: 'cluster', unfinished: false });
  // Its guard knows the new incarnation, and its log is received again.
  expectExit(await run('restore', ...env, '--accept', String(old?.['name']), '--force'), 0);
  expectExit(await run('backup', ...env), 0);
});

test('in a terminal the name of the database has to be typed, and nothing else will do', async () => {
  expectExit(await run('backup', '--environment', 'lab', '--way', 'logical'), 0);
  const program = builtProgram();
  const attempt = async (typed: string) => {
    const args = [program, '--directory', directory, 'restore', '--database', 'ridehailing', '--replace'];
    const terminal = spawn(process.execPath, args, {
      cols: 200,
      rows: 50,
      env: { ...process.env, ...env, TERM: 'xterm', CI: '' },
    });
    let output = '';
    terminal.onData((text) => (output += text));
    const exited = new Promise<number>((settle) => terminal.onExit(({ exitCode }) => settle(exitCode)));
    await until('the question', () => output.includes('type ridehailing:'));
    terminal.write(typed);
    return { code: await exited, output };
  };
  const wrong = await attempt('ride\r');
  expect([wrong.code, wrong.output]).toEqual([
    5,
    expect.stringContaining('"ride" was typed, not ridehailing'),
  ]);
  // Ctrl-C and Ctrl-D: nobody has confirmed anything.
  for (const key of ['\u0003', '\u0004'])
    expect(await attempt(key)).toMatchObject({
      code: 130,
      output: expect.stringContaining('nothing was changed') as string,
    });
  const right = await attempt('ridehailing\r');
  expect([right.code, right.output]).toEqual([
    0,
    expect.stringMatching(/kept +the old one, closed, as ridehailing_before_/),
  ]);
});
