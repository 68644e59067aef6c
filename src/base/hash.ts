import { createHash } from 'node:crypto';

/** SHA-256 in lower-case hex of the exact bytes given (a string counts as its UTF-8 bytes). */
export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The first twelve hex digits: short enough to read aloud over the phone, long enough to anchor a journal's head. */
export function shortCode(sha256: string): string {
  return sha256.slice(0, 12);
}
