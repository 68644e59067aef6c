import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../base/index.js';

/** Ends the name of a file that is not whole yet; leftovers of a crash may be thrown away. */
export const partialSuffix = '.partial';

/** Makes the names in a folder durable: after a rename the file is there, under that name, through any crash. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a whole file or none: a reader sees the old bytes or the new ones. Rejects with `unavailable`. */
export async function writeWhole(file: string, bytes: string | Uint8Array, mode = 0o644): Promise<void> {
  const partial = `${file}${partialSuffix}`;
  try {
    const handle = await open(partial, 'w', mode);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    throw unwritable(file, error);
  }
}

export function unwritable(file: string, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure('unavailable', `${file} cannot be written: ${why}`, {
    hint: 'Free space on that disk, or make the folder writable, then take the run up again with `firedrill resume`.',
    cause: error,
  });
}

/** Length and SHA-256 of a file, read in pieces. A symbolic link is not followed: the open rejects. */
export async function hashFile(file: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  for await (const chunk of createReadStream('', { fd: handle, highWaterMark: 256 * 1024 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
