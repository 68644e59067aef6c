import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The bytes of a file in a place that nobody vouches for; null when it is not there, is a link, a pipe or a device (which would
 * lead elsewhere or never end), or is larger than `mostBytes`.
 */
export async function readRegular(file: string, mostBytes: number): Promise<Buffer | null> {
  // Without O_NONBLOCK the opening of a pipe waits for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch(() => null);
  if (handle === null) return null;
  try {
    const status = await handle.stat();
    return status.isFile() && status.size <= mostBytes ? await handle.readFile() : null;
  } finally {
    await handle.close();
  }
}
