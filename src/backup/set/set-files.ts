import { chmod, chown, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Failure } from '../../base/index.js';
import { syncFile, syncFolder } from '../../store/index.js';
import { hashWhileWritten } from './hash-while-written.js';
import type { SetFile } from './manifest.js';

/** Reads a file to its end. Memory stays bounded whatever its size. */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
  passed?: (bytes: number) => void,
): Promise<{ bytes: number; sha256: string }> {
  return hashWhileWritten(path, () => true, { ...(signal === undefined ? {} : { signal }), written: passed });
}

/**
 * The files of a fresh set, hashed and durable. The folder must have been taken over before. What was `hashed` while it was written is
 * not read again, as long as it has not grown since.
 */
export async function sealFiles(
  directory: string,
  options: { readonly signal?: AbortSignal; readonly hashed?: readonly SetFile[] } = {},
): Promise<SetFile[]> {
  const { signal, hashed = [] } = options;
  const files: SetFile[] = [];
  for (const name of await fileNames(directory)) {
    const path = join(directory, name);
    await syncFile(path);
    const known = hashed.find((file) => file.name === name);
    const whole = known !== undefined && (await stat(path)).size === known.bytes;
    files.push(whole ? known : { name, ...(await hashFile(path, signal)) });
  }
  await syncFolders(directory);
  return files;
}

/** Names of all files below a folder, sub-folders with a slash, sorted. */
export async function fileNames(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  return files.map((entry) => relative(directory, join(entry.parentPath, entry.name))).sort();
}

/** Makes the names of a set durable, those of its sub-folders first. */
export async function syncFolders(directory: string): Promise<void> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of found) if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
  await syncFolder(directory);
}

/**
 * Takes a fresh set over from the server's account, which must not be able to change its backups: folders before what lies in
 * them, so that nobody can put a link where a file was. Rejects with `refused` when there is anything but files and folders.
 */
export async function takeOver(directory: string): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await chown(directory, 0, 0);
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      await takeOver(path);
      continue;
    }
    if (!entry.isFile()) throw new Failure('refused', `${path} is neither a file nor a folder`);
    if (isRoot) await chown(path, 0, 0);
    await chmod(path, 0o400);
  }
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
