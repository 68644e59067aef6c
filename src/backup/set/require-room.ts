import { statfs } from 'node:fs/promises';
import { Failure, formatSize } from '../../base/index.js';
import { makeDurableFolder } from '../../store/index.js';

/** Rejects with `unavailable`, and what to look at, when the file system of a folder has less room than that; the folder is made. */
export async function requireRoom(
  directory: string,
  bytes: number,
  what: 'backup' | 'restore',
): Promise<void> {
  await makeDurableFolder(directory);
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= bytes) return;
  throw new Failure(
    'unavailable',
    `no room for a ${what} in ${directory}: ${formatSize(bavail * bsize)} free, ${formatSize(bytes)} needed`,
    {
      hint: `Free some space, or choose another ${what === 'backup' ? 'store' : 'place'}; \`df -h ${directory}\` shows it.`,
      retryable: false,
    },
  );
}
