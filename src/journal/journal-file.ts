import { fstatSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../base/index.js';

/** The file under a journal: whole lines only, each durable before `append` resolves. */
export interface JournalFile {
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file for appending after its first `wholeBytes`; what stands behind them is cut off. Calls of `append` must not
 * overlap. A failed append leaves the file as it was before; a later one may succeed. Rejects with `Failure` (unavailable).
 */
export async function openJournalFile(
  file: string,
  wholeBytes: number,
  resumeHint: string,
): Promise<JournalFile> {
  let size = wholeBytes;
  let clean = true;
  const failed = (error: unknown) => unwritable(file, error, resumeHint);
  const handle = await openDurably(file).catch((error: unknown) => Promise.reject(failed(error)));
  const cutBack = async () => {
    await handle.truncate(size);
    await handle.datasync();
    clean = true;
  };
  try {
    if ((await handle.stat()).size > size) await cutBack();
  } catch (error) {
    await handle.close();
    throw failed(error);
  }
  return {
    append: async (line) => {
      const bytes = Buffer.from(line);
      try {
        if (!clean) await cutBack();
        // Into the page cache at once (microseconds); only the sync, which waits for the disk, leaves the thread.
        const standing = fstatSync(handle.fd).size;
        if (standing !== size) throw foreign(file, standing, size);
        clean = false;
        writeWhole(handle.fd, bytes, size);
        await handle.datasync();
        size += bytes.length;
        clean = true;
      } catch (error) {
        if (error instanceof Failure) throw error;
        // Half a line must not stay: nobody was told of it. If cutting fails too, the next append tries again first.
        await cutBack().catch(() => undefined);
        throw failed(error);
      }
    },
    close: () => handle.close(),
  };
}

/** The file's name must survive a crash as well as its bytes do, hence the sync of its folder. */
async function openDurably(file: string): Promise<FileHandle> {
  const handle = await open(file, 'r+').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (handle !== null) return handle;
  const made = await open(file, 'wx+');
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return made;
}

function writeWhole(descriptor: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length)
    written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
}

function foreign(file: string, standing: number, expected: number): Failure {
  return new Failure('refused', `journal ${file} has ${standing} bytes where this writer left ${expected}`, {
    hint: 'Somebody else wrote to it; check it with `firedrill audit` on its folder.',
  });
}

function unwritable(file: string, error: unknown, resumeHint: string): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure('unavailable', `journal ${file} cannot be written: ${why}`, {
    hint: resumeHint,
    retryable: true,
    cause: error,
  });
}
