import { open } from 'node:fs/promises';

/** Of a payload in the age format (age-encryption.org/v1): a nonce, then chunks that each carry their own authentication. */
const nonceBytes = 16;
const chunkBytes = 64 * 1024 + 16;
/** The header of any file that we can open lies within this. */
const mostHeader = 64 * 1024;

/**
 * The last place inside an encrypted file at which one chunk has ended and another begins: whoever cuts there leaves nothing that
 * looks broken. Null when the file is no such file, or is too short to have one.
 */
export async function lastChunkBoundary(path: string): Promise<number | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostHeader), 0, mostHeader, 0);
    const start = buffer.subarray(0, bytesRead).toString('latin1');
    const mac = /^--- [^\n]*\n/m.exec(start);
    if (!start.startsWith('age-encryption.org/v1\n') || mac === null) return null;
    const payload = mac.index + mac[0].length + nonceBytes;
    const { size } = await file.stat();
    const whole = Math.floor((size - payload - 1) / chunkBytes);
    return whole < 1 ? null : payload + whole * chunkBytes;
  } finally {
    await file.close();
  }
}
