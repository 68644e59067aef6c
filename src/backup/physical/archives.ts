import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { runChild } from '../../children/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { SetFile } from '../set/manifest.js';

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
  await tar(directory, file, ['-t'], {
    signal,
    account: null,
    onOutput: (chunk) => {
      for (const byte of chunk) if (byte === 10) members += 1;
    },
  });
  return { members };
}

/** Unpacks an archive into a folder, as the account that will own it. */
export async function extractArchive(
  directory: string,
  file: SetFile,
  into: string,
  account: ClusterLocation['account'],
  signal?: AbortSignal,
): Promise<void> {
  await tar(directory, file, ['-x', '-C', into], { signal, account });
}

async function tar(
  directory: string,
  file: SetFile,
  args: readonly string[],
  options: {
    readonly signal: AbortSignal | undefined;
    readonly account: ClusterLocation['account'];
    readonly onOutput?: (chunk: Buffer) => void;
  },
): Promise<void> {
  // Opened here: the server's account cannot, and need not, read the store.
  const input = await open(join(directory, file.name));
  const unpack = file.name.endsWith('.zst') ? ['--use-compress-program=zstd'] : [];
  const { account, signal, onOutput } = options;
  try {
    const result = await runChild({
      file: 'tar',
      args: [...unpack, ...args, '-f', '-'],
      input: input.fd,
      splitErrors: true,
      env: { LC_ALL: 'C' },
      ...(signal === undefined ? {} : { signal }),
      ...(onOutput === undefined ? {} : { onOutput }),
      ...(account === null ? {} : { account: { uid: account.uid, gid: account.gid } }),
    });
    if (result.cancelled) throw new Failure('cancelled', `reading ${file.name} was cancelled`);
    if (result.exitCode !== 0) {
      const said = result.tail
        .filter((line) => /^(tar|zstd|\/)/.test(line))
        .slice(0, 2)
        .join('; ');
      throw new Failure('exit-code', `tar could not read ${file.name} to its end: ${said}`);
    }
  } finally {
    await input.close();
  }
}
