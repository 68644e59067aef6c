import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/base/index.js';
import { processIdentity } from '../../src/children/index.js';
import { confirmByName } from '../../src/cli/backup/confirm.js';
import { Exit } from '../../src/cli/exit.js';
import { appendJobLine, jobLogOf, type JobAbout } from '../../src/cli/jobs/job-log.js';
import { observeJob } from '../../src/cli/jobs/observe-job.js';
import { readJobs } from '../../src/cli/jobs/read-jobs.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'firedrill-jobs-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const about: JobAbout = {
  ...{ job: 'backup' as const, environment: 'production', environmentKind: 'declared' as const },
  ...{ policies: ['hourly'], full: false },
};
const observed = (work: () => Promise<{ value: string; set: string | null; failed: boolean }>) =>
  observeJob({ directory, quiet: true }, about, work);
const outcomes = () => readJobs(directory, new Date()).map((one) => one.outcome);

test('how each job ended is noted, and its failure goes on', async () => {
  const done = { value: 'v', set: 's', failed: false };
  expect(await observed(() => Promise.resolve(done))).toBe('v');
  await observed(() => Promise.resolve({ ...done, failed: true }));
  for (const error of [
    new Failure('check', 'no'),
    new Failure('cancelled', 'no'),
    new Failure('refused', 'no'),
    new Exit('usage', 'no'),
    new Error('a bug'),
  ])
    await expect(observed(() => Promise.reject(error))).rejects.toBe(error);
  const expected = ['succeeded', 'failed', 'failed', 'interrupted', 'refused', 'not-run', 'failed'];
  expect(outcomes()).toEqual(expected);
  expect(readJobs(directory, new Date())[0]).toMatchObject({ ...about, set: 's' });
});

test('a restore that nobody confirmed never began, whichever way the question ended', async () => {
  for (const [typed, reason] of [
    ['another\n', 'refused'],
    [null, 'cancelled'],
  ] as const) {
    const input = Object.assign(new PassThrough(), { isTTY: true }) as unknown as ReadStream & PassThrough;
    const output = new PassThrough() as unknown as WriteStream;
    if (typed === null) input.end();
    else input.write(typed);
    const asked = observed(async () => {
      await confirmByName('rides', 'rides is to be replaced', { input, output });
      return { value: '', set: null, failed: false };
    });
    await expect(asked).rejects.toMatchObject({ reason });
  }
  expect(outcomes()).toEqual(['refused', 'refused']);
});

test('holds names and times only: no message, which might repeat a secret', async () => {
  const error = new Failure('unavailable', 'password hunter2 was refused', { hint: 'Use hunter2.' });
  await expect(observed(() => Promise.reject(error))).rejects.toBe(error);
  expect(readFileSync(jobLogOf(directory), 'utf8')).not.toContain('hunter2');
});

test('a job whose process was killed has no end, and is lost', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const engine = processIdentity(child.pid!)!;
  const at = new Date().toISOString();
  appendJobLine(directory, { v: 1, kind: 'started', id: 'a', at, host: hostname(), engine, ...about });
  expect(outcomes()).toEqual(['running']);
  const gone = new Promise((settle) => child.once('exit', settle));
  child.kill('SIGKILL');
  await gone;
  expect(outcomes()).toEqual(['lost']);
});

test('a torn line swallows nothing: not the line after it, and not the job that wrote it', async () => {
  await observed(() => Promise.resolve({ value: '', set: null, failed: false }));
  appendFileSync(jobLogOf(directory), '{"v":1,"kind":"star');
  await observed(() => Promise.resolve({ value: '', set: null, failed: true }));
  expect(outcomes()).toEqual(['succeeded', 'failed']);
});

test('several commands at once leave every line whole', async () => {
  const module = resolve('dist/cli/jobs/job-log.js');
  const program = `
    const { appendJobLine } = await import(${JSON.stringify(module)});
    for (let i = 0; i < 50; i += 1)
      appendJobLine(process.argv[1], { v: 1, kind: 'ended', id: process.pid + '-' + i, at: '2027-01-01T00:00:00Z', outcome: 'failed', set: 'x'.repeat(200) });`;
  const args = ['--input-type=module', '-e', program, directory];
  const writers = [1, 2, 3, 4].map(
    () =>
      new Promise<number | null>((settle) =>
        spawn(process.execPath, args, { stdio: 'ignore' }).once('exit', settle),
      ),
  );
  expect(await Promise.all(writers)).toEqual([0, 0, 0, 0]);
  const lines = readFileSync(jobLogOf(directory), 'utf8')
    .split('\n')
    .filter((one) => one !== '');
  expect(lines).toHaveLength(200);
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test('a log that cannot be written stops no backup', async () => {
  writeFileSync(join(directory, '.firedrill'), 'a file where the folder should be');
  expect(await observed(() => Promise.resolve({ value: 'done', set: null, failed: false }))).toBe('done');
  expect(statSync(join(directory, '.firedrill')).isFile()).toBe(true);
  expect(readJobs(directory, new Date())).toEqual([]);
});
