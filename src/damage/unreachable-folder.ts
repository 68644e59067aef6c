import { lstat, rename, symlink, unlink } from 'node:fs/promises';

/** Under which name its content waits. */
export const hiddenName = (folder: string) => `${folder}.unreachable`;

/**
 * Makes a folder unreachable, for root too: its content waits under another name, and in its place stands a link that leads back
 * to itself, so that every access fails with ELOOP instead of finding nothing. Safe to call again after a crash in between.
 */
export async function makeUnreachable(folder: string): Promise<void> {
  const kind = await kindOf(folder);
  if (kind === 'link') return;
  if (kind === 'folder') await rename(folder, hiddenName(folder));
  await symlink(folder, folder);
}

/** Puts it back; nothing to do when it is there. */
export async function makeReachable(folder: string): Promise<void> {
  if ((await kindOf(folder)) === 'link') await unlink(folder);
  if ((await kindOf(folder)) === 'absent' && (await kindOf(hiddenName(folder))) === 'folder')
    await rename(hiddenName(folder), folder);
}

async function kindOf(path: string): Promise<'folder' | 'link' | 'absent'> {
  return lstat(path).then(
    (found) => (found.isSymbolicLink() ? 'link' : 'folder'),
    () => 'absent',
  );
}
