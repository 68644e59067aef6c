import { lchown, lstat, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import { syncFolder } from '../../store/index.js';

/** Where tablespaces lie that a restore unpacked. */
export const spacesOf = (dataDirectory: string) => `${dataDirectory}.tablespaces`;

/** Gives a stopped cluster another name, with the tablespaces that lie beside it; their links lead to the new place. */
export async function moveCluster(from: string, to: string): Promise<void> {
  if (await isThere(spacesOf(from))) await rename(spacesOf(from), spacesOf(to));
  if (await isThere(from)) await rename(from, to);
  await relink(to, spacesOf(from), spacesOf(to));
  for (const folder of new Set([dirname(from), dirname(to)])) await syncFolder(folder);
}

/** Gives a folder its name back when it is the one that is meant, told by its inode. Says whether it did. */
export async function moveBack(from: string, to: string, inode: number | null): Promise<boolean> {
  if (inode === null || (await inodeOf(from)) !== inode) return false;
  await rename(from, to);
  for (const folder of new Set([dirname(from), dirname(to)])) await syncFolder(folder);
  return true;
}

/** Links below pg_tblspc that lead to the old place beside the data directory; others stay as they are. */
export async function relink(dataDirectory: string, was: string, is: string): Promise<void> {
  const links = join(dataDirectory, 'pg_tblspc');
  if (!(await isThere(links))) return;
  for (const name of await readdir(links)) {
    const link = join(links, name);
    const target = await readlink(link).catch(() => null);
    if (target === null || dirname(target) !== was) continue;
    const { uid, gid } = await lstat(link);
    const fresh = `${link}.firedrill`;
    await rm(fresh, { force: true });
    await symlink(join(is, basename(target)), fresh);
    if (process.getuid?.() === 0) await lchown(fresh, uid, gid);
    await rename(fresh, link);
  }
  await syncFolder(links);
}

/** Rejects with `refused` unless a rename from one place to the other is a rename and no copy, and the place is free. */
export async function requireMovable(from: string, to: string): Promise<void> {
  for (const place of [to, spacesOf(to)])
    if (await isThere(place))
      throw new Failure('refused', `${place} exists already, and nothing is overwritten`);
  const [a, b] = await Promise.all([stat(from), stat(dirname(to))]);
  if (a.dev === b.dev) return;
  throw new Failure(
    'refused',
    `${from} and ${dirname(to)} are on different file systems, so a swap would have to copy`,
    {
      hint: `Restore beside the data directory that is to be replaced, on the same file system.`,
    },
  );
}

export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

export async function inodeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ ino }) => ino,
    () => null,
  );
}
