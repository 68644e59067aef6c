import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson, Failure, isJsonObject } from '../../base/index.js';
import type { ProcessIdentity } from '../../children/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { syncFile, syncFolder } from '../../store/index.js';

export interface FolderInodes {
  readonly data: number;
  readonly spaces: number | null;
}

/** What a swap of two clusters is about to do: written before its first step, removed after its last. */
export interface ClusterSwapNote {
  readonly format: 'firedrill-cluster-swap-1';
  readonly current: ClusterLocation;
  readonly replacement: ClusterLocation;
  /** Where the current data directory goes. */
  readonly keepAs: string;
  /** Whether the current server ran when the swap began. */
  readonly ran: boolean;
  /** A rename keeps the inode, so they tell which folder is which; of the tablespaces beside, null where there are none. */
  readonly inodes: { readonly current: FolderInodes; readonly replacement: FolderInodes };
  /** ISO 8601. */
  readonly at: string;
  readonly process: ProcessIdentity | null;
}

/** Beside the data directory and on its file system: it stays in place whatever is renamed. */
export const swapNoteFile = (dataDirectory: string) => `${dataDirectory}.firedrill-swap.json`;

export async function writeSwapNote(note: ClusterSwapNote): Promise<void> {
  const file = swapNoteFile(note.current.dataDirectory);
  await writeFile(`${file}.partial`, canonicalJson(note), { mode: 0o600 });
  await syncFile(`${file}.partial`);
  await rename(`${file}.partial`, file);
  await syncFolder(dirname(file));
}

/** Null when no swap was begun there, or it was ended. */
export async function readSwapNote(dataDirectory: string): Promise<ClusterSwapNote | null> {
  const file = swapNoteFile(dataDirectory);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const value = parseJson(text);
  if (isJsonObject(value) && value['format'] === 'firedrill-cluster-swap-1')
    return value as unknown as ClusterSwapNote;
  throw new Failure('refused', `${file} is no note of a swap that this version knows`, {
    hint: 'See with `ls -l` which of the data directories are there, and remove the note when the right one is in place.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function removeSwapNote(dataDirectory: string): Promise<void> {
  await rm(swapNoteFile(dataDirectory), { force: true });
  await syncFolder(dirname(dataDirectory));
}
