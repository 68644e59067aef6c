import { open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Writes a stream into a new file (0600); a stream that breaks leaves none, and its failure goes on. */
export async function writeStream(body: Readable, path: string): Promise<void> {
  await rm(path, { force: true });
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
  } catch (failure) {
    await rm(path, { force: true });
    throw failure;
  } finally {
    body.destroy();
  }
}
