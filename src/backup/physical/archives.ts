import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { Failure } from '../../base/index.js';
import { runChild } from '../../children/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { SetFile } from '../set/manifest.js';
import { fileProblems } from '../set/set-files.js';
import { feedHashed } from './feed-hashed.js';

/** The tar archives of a set: `base` and one for each tablespace, named by its number. */
export function archivesOf(files: readonly SetFile[]): SetFile[] {
  return files.filter((file) => /^(base|\d+)\.tar(\.zst)?$/.test(file.name));
}

/** Reads an archive to its end and counts its members. Rejects with `exit-code` when it cannot be read through. */
export async function readThrough(
  directory: string,
  file: SetFile,
  signal?: AbortSignal,
): Promise<{ readonly members: number }> {
  let members = 0;
  const input = await open(join(directory, file.name));
  try {
    await tar(file, input.fd, ['-t'], {
      signal,
      account: null,
      onOutput: (chunk) => {
        for (const byte of chunk) if (byte === 10) members += 1;
      },
    });
    return { members };
  } finally {
    await input.close();
  }
}

/**
 * Unpacks an archive into a folder, as the account that will own it, and hashes the very bytes that it unpacks. Rejects with
 * `check` when they are not those of the manifest; what was unpacked by then is not to be used.
 */
export async function extractArchive(
  directory: string,
  file: SetFile,
  into: string,
  options: {
    readonly account: ClusterLocation['account'];
    readonly signal?: AbortSignal | undefined;
    readonly passed?: (bytes: number) => void;
  },
): Promise<void> {
  const { account, signal, passed } = options;
  const path = join(directory, file.name);
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let fed: Promise<{ bytes: number; sha256: string } | null> = Promise.resolve(null);
  const feed = async (to: Writable) => {
    fed = feedHashed(path, to, passed).catch(() => {
      // Nobody would tell the program that nothing more comes.
      stop.abort();
      return null;
    });
    await fed;
  };
  try {
    await tar(file, feed, ['-x', '-C', into], { signal: either, account });
  } catch (failure) {
    await fed;
    if (signal?.aborted !== true) await requireIntact(directory, file, signal);
    throw failure;
  }
  const was = await fed;
  if (was?.bytes !== file.bytes || was.sha256 !== file.sha256) await requireIntact(directory, file, signal);
}

/** Why it could not be unpacked: bytes that are not the manifest's explain it better than what tar makes of them. */
async function requireIntact(
  directory: string,
  file: SetFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const problems = await fileProblems(directory, [file], signal);
  if (problems.length > 0) throw new Failure('check', problems.join('; '));
}

async function tar(
  file: SetFile,
  input: ((to: Writable) => Promise<void>) | number,
  args: readonly string[],
  options: {
    readonly signal: AbortSignal | undefined;
    readonly account: ClusterLocation['account'];
    readonly onOutput?: (chunk: Buffer) => void;
  },
): Promise<void> {
  const unpack = file.name.endsWith('.zst') ? ['--use-compress-program=zstd'] : [];
  const { account, signal, onOutput } = options;
  const result = await runChild({
    file: 'tar',
    // Its own choice of 10 kB at a time costs a fifth of the whole.
    args: ['-b', '256', ...unpack, ...args, '-f', '-'],
    input,
    splitErrors: true,
    // It may run as another account, whose business nothing of our environment is.
    onlyGivenEnv: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    ...(signal === undefined ? {} : { signal }),
    ...(onOutput === undefined ? {} : { onOutput }),
    ...(account === null ? {} : { account: { uid: account.uid, gid: account.gid } }),
  });
  if (result.cancelled) throw new Failure('cancelled', `reading ${file.name} was cancelled`);
  if (result.exitCode === 0) return;
  const said = result.tail
    .filter((line) => /^(tar|zstd|\/)/.test(line))
    .slice(0, 2)
    .join('; ');
  throw new Failure('exit-code', `tar could not read ${file.name} to its end: ${said}`);
}
