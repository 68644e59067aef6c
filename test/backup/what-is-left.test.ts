import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { generateSigningKey, makeSet, signerFrom } from '../../src/backup/index.js';
import { Failure } from '../../src/base/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';

const root = mkdtempSync(join(tmpdir(), 'fd-left-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const signer = signerFrom(generateSigningKey().privateKey);

/** A backup that is cancelled once something of it lies in the store. */
const cancelled = async (directory: string, meanwhile: (folder: string) => void = () => undefined) =>
  failureOf(
    makeSet({ store: openLocalStore(directory), kind: 'logical', signer, account: null }, async (set) => {
      writeFileSync(join(set.directory, 'half'), 'of a dump');
      meanwhile(set.directory);
      return Promise.reject(new Failure('cancelled', 'pg_dump was cancelled'));
    }),
  );

it('a cancelled backup says that nothing is left of it, after looking', async () => {
  const directory = join(root, 'clean');
  const failure = await cancelled(directory);
  expect(failure.reason).toBe('cancelled');
  expect(failure.message).toBe(`pg_dump was cancelled; nothing of this backup is left in ${directory}`);
  expect(readdirSync(directory)).toEqual([]);
});

it('a cancelled backup names what is left of it, and keeps the note by which the next one finds that', async () => {
  const directory = join(root, 'left');
  const workers: ReturnType<typeof spawn>[] = [];
  try {
    const failure = await cancelled(directory, (folder) => {
      // A program that does not heed the end of its engine.
      workers.push(spawn('sh', ['-c', 'sleep 100', 'sh', join(folder, 'db-1')], { stdio: 'ignore' }));
    });
    const [worker] = workers;
    expect(failure.message).toMatch(
      new RegExp(
        `^pg_dump was cancelled; left of this backup, until the next one removes it: sh \\(process ${worker?.pid}\\), which still writes into \\S+\\.partial`,
      ),
    );
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/\.owner\.json$/)]);
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
  }
});
