import { createCipheriv } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { relationFiles } from '../../postgres/index.js';
import { requireInside } from '../require-inside.js';

export const noteName = 'READ-ME-TO-GET-YOUR-FILES-BACK.txt';

export interface EncryptionRequest {
  readonly dataDirectory: string;
  /** Nothing outside this folder is touched. */
  readonly allowedRoot: string;
  /** How much of each file is overwritten, from its start. */
  readonly bytesPerFile: number;
  /** 32 bytes in hexadecimal: from the same key come the same bytes, so that doing it again changes nothing more. */
  readonly keyHex: string;
  readonly signal: AbortSignal;
}

export interface EncryptedCluster {
  /** Files that were overwritten; empty ones are none. */
  readonly files: number;
  readonly bytes: number;
  /** UTC, just before the first byte was written, and just after the last. */
  readonly firstByteAt: string;
  readonly lastByteAt: string;
}

/**
 * Overwrites the beginning of every relation's file with bytes that look like noise, as ransomware does while the server runs, and
 * drops its note. Rejects with `refused` for a file that leads out of the allowed folder, before any is touched.
 */
export async function encryptCluster(request: EncryptionRequest): Promise<EncryptedCluster> {
  const { dataDirectory, allowedRoot, signal } = request;
  const files = await relationFiles(dataDirectory);
  for (const path of files) await requireInside(path, allowedRoot);
  const firstByteAt = new Date().toISOString();
  let [overwritten, bytes] = [0, 0];
  for (const [index, path] of files.entries()) {
    if (signal.aborted) throw new Failure('cancelled', `encrypting ${dataDirectory} was cancelled`);
    const written = await overwrite(path, index, request);
    if (written > 0) overwritten += 1;
    bytes += written;
  }
  await writeFile(
    join(dataDirectory, noteName),
    'Your files are encrypted. This note was left by a drill; nobody asks for anything.\n',
  );
  return { files: overwritten, bytes, firstByteAt, lastByteAt: new Date().toISOString() };
}

async function overwrite(path: string, index: number, request: EncryptionRequest): Promise<number> {
  const file = await open(path, 'r+').catch((cause: unknown) => {
    // The server drops and makes files all the time.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw cause;
  });
  if (file === null) return 0;
  try {
    const length = Math.min((await file.stat()).size, request.bytesPerFile);
    if (length === 0) return 0;
    const noise = noiseOf(request.keyHex, index, length);
    await file.write(noise, 0, length, 0);
    return length;
  } finally {
    await file.close();
  }
}

function noiseOf(keyHex: string, index: number, length: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(index, 0);
  return createCipheriv('aes-256-ctr', Buffer.from(keyHex, 'hex'), counter).update(Buffer.alloc(length));
}
