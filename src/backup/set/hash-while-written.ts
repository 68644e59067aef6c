import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';

/** Between two looks for what was written meanwhile. */
const pauseMs = 3;

/**
 * Hashes a file while another program writes it, until `ended` says that the program is done. The bytes are in memory then,
 * and the pipes of this process, which cost twice the time, stay out of their way.
 */
export async function hashWhileWritten(
  path: string,
  ended: () => boolean,
  options: { readonly signal?: AbortSignal; readonly written?: ((bytes: number) => void) | undefined } = {},
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  // One buffer for the whole file: a stream would leave one behind for every read.
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const file = await open(path);
  let bytes = 0;
  try {
    for (;;) {
      // Asked before the read: what was there when the program had ended is all there is.
      const last = ended();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0 && last) break;
      if (options.signal?.aborted === true) throw new Failure('cancelled', `hashing ${path} was cancelled`);
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
      if (bytesRead > 0) options.written?.(bytesRead);
      else await delay(pauseMs);
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
