import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { copyFile, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../base/index.js';
import type { EvidenceRef } from '../run/index.js';
import { partialSuffix, syncFolder, unwritable } from './durable-file.js';
import { outputFile, type OutputFile } from './output-file.js';
import type { Redactor } from './redactor.js';

/** Longer lines are cut on the screen; on disk they are whole. */
const longestShownLine = 500;

export interface Artefacts {
  /** Opens a sink for one attempt's output; `close` redacts, hashes and names the file, or returns null when nothing was written. */
  openOutput(title: string): {
    write(chunk: string | Uint8Array): void;
    /** The last lines that may be shown: redacted, without control sequences, cut where they are too long. */
    tail(lines: number): readonly string[];
    close(): Promise<EvidenceRef | null>;
  };
  /** Puts a file into the record, redacted, named by the hash of its redacted bytes. */
  readonly attach: (title: string, content: string | Uint8Array, extension: string) => Promise<EvidenceRef>;
}

/**
 * The only way by which output enters a record: redacted first, then hashed, then named `evidence/<sha256>.<extension>`,
 * durable when the reference is returned. The
 * same bytes twice are one file. `scratchDirectory` is outside the record.
 * Rejects with `unavailable` when the disk will not have it.
 */
export function openArtefacts(options: {
  readonly recordDirectory: string;
  readonly scratchDirectory: string;
  readonly redactor: Redactor;
}): Artefacts {
  const { redactor, scratchDirectory } = options;
  const folder = join(options.recordDirectory, 'evidence');
  try {
    mkdirSync(folder, { recursive: true });
    mkdirSync(scratchDirectory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(folder, error);
  }

  const begin = (): { readonly scratch: string; readonly output: OutputFile } => {
    const scratch = join(scratchDirectory, `output-${randomBytes(8).toString('hex')}`);
    try {
      return { scratch, output: outputFile(scratch, redactor) };
    } catch (error) {
      throw unwritable(scratch, error);
    }
  };

  const finish = async (
    { scratch, output }: ReturnType<typeof begin>,
    title: string,
    extension: string,
    keepEmpty: boolean,
  ): Promise<EvidenceRef | null> => {
    try {
      const { bytes, sha256, redactions } = await output.finish(keepEmpty);
      if (bytes === 0 && !keepEmpty) return null;
      const name = `${sha256}.${extension}`;
      await place(scratch, folder, name);
      return { file: `evidence/${name}`, bytes, sha256, redactions, title: redactor.redact(title).text };
    } finally {
      await unlink(scratch).catch(() => undefined);
    }
  };

  return {
    openOutput(title) {
      const begun = begin();
      let closed: Promise<EvidenceRef | null> | null = null;
      return {
        write: (chunk) => {
          if (closed === null) begun.output.write(chunk);
        },
        tail: (lines) => shownLines(begun.output.recent(), lines),
        close: () => (closed ??= finish(begun, title, 'txt', false)),
      };
    },
    async attach(title, content, extension) {
      if (!/^[a-z0-9]{1,8}$/.test(extension)) throw new Error(`'${extension}' is no extension for evidence`);
      const begun = begin();
      begun.output.write(content);
      const ref = await finish(begun, title, extension, true);
      if (ref === null) throw new Error('an attachment always has a file');
      return ref;
    },
  };
}

/** Moves a finished file under its name; across file systems it is copied first, so that the name never shows half a file. */
async function place(scratch: string, folder: string, name: string): Promise<void> {
  const file = join(folder, name);
  try {
    await rename(scratch, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw unwritable(file, error);
    await copyAcross(scratch, file).catch((failed: unknown) => {
      throw unwritable(file, failed);
    });
  }
  await syncFolder(folder);
}

async function copyAcross(scratch: string, file: string): Promise<void> {
  const partial = `${file}${partialSuffix}`;
  await copyFile(scratch, partial);
  const handle = await open(partial, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

/** The last whole lines of redacted output, safe for a terminal. A carriage return starts a line over, as on a terminal. */
function shownLines(text: string, lines: number): string[] {
  const whole = text.slice(0, Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1);
  return whole
    .split(/\r?\n/)
    .map((line) => printable(line.replace(/\r+$/, '').split('\r').at(-1) ?? ''))
    .map((line) => (line.length > longestShownLine ? `${line.slice(0, longestShownLine - 1)}…` : line))
    .filter((line) => line.trim() !== '')
    .slice(-lines);
}
