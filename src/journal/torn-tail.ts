import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex, shortCode } from '../base/index.js';

/** Keeps the bytes of a torn last line, durably, outside the record; the name follows from the bytes. */
export async function setTailAside(directory: string, runId: string, tail: Uint8Array): Promise<string> {
  const file = join(directory, `${runId}.torn-${shortCode(sha256Hex(tail))}`);
  await mkdir(directory, { recursive: true });
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(tail);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return file;
}
