import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';

const chunkBytes = 1024 * 1024;

/**
 * Writes a file to a program and hashes the very bytes that it writes. Two buffers for the whole file, one being read into while
 * the other is written: a stream would leave one behind for every read, and the engine would grow with the speed of the disk.
 * Ends early, without a failure, when the program stops reading: its exit code tells why. Rejects when the file cannot be read.
 */
export async function feedHashed(
  path: string,
  to: Writable,
  passed?: (bytes: number) => void,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  const file = await open(path);
  let [filling, draining] = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)];
  let written = Promise.resolve(true);
  let bytes = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(filling, 0, chunkBytes, null);
      if (bytesRead === 0 || !(await written)) break;
      const chunk = filling.subarray(0, bytesRead);
      written = write(to, chunk);
      hash.update(chunk);
      bytes += bytesRead;
      passed?.(bytesRead);
      [filling, draining] = [draining, filling];
    }
    await written;
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Whether the program still reads; only then may the buffer be used again. */
async function write(to: Writable, chunk: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    to.write(chunk, (error) => resolve(error === null || error === undefined));
  });
}
