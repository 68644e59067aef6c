import { createHash } from 'node:crypto';
import { chmod, chown, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { syncFile } from '../../store/index.js';
import type { SetFile } from './manifest.js';

/** Reads a file to its end. Memory stays bounded whatever its size. */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  // One buffer for the whole file: a stream would leave one behind for every read.
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const file = await open(path);
  let bytes = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
      if (signal?.aborted === true) throw new Failure('cancelled', `hashing ${path} was cancelled`);
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Takes the files of a fresh set over from the server's account, makes them durable and hashes them. */
export async function sealFiles(directory: string, signal?: AbortSignal): Promise<SetFile[]> {
  const files: SetFile[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    // Whoever owns the database host's server account must not be able to change its backups.
    if (process.getuid?.() === 0) await chown(path, 0, 0);
    await chmod(path, 0o400);
    await syncFile(path);
    files.push({ name, ...(await hashFile(path, signal)) });
  }
  return files;
}

/** What is wrong with a set's files as they lie there now; empty when all are present and identical. */
export async function fileProblems(
  directory: string,
  files: readonly SetFile[],
  signal?: AbortSignal,
): Promise<string[]> {
  const problems: string[] = [];
  for (const file of files) {
    const found = await stat(join(directory, file.name)).catch(() => null);
    if (found === null) problems.push(`${file.name} is missing`);
    else if (found.size !== file.bytes)
      problems.push(`${file.name} has ${found.size} bytes instead of ${file.bytes}`);
    else if ((await hashFile(join(directory, file.name), signal)).sha256 !== file.sha256) {
      problems.push(`${file.name} has another SHA-256 than its manifest says`);
    }
  }
  return problems;
}
