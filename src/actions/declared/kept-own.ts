import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, isJsonObject } from '../../base/index.js';
import { syncFolder } from '../../store/index.js';
import type { OwnFiles } from './own-files.js';
import { writeDurably, type StateFile } from './state.js';

/** What a former primary has of its own, kept outside its files from before they are touched until it follows. */
export interface KeptNote extends OwnFiles {
  readonly dataDirectory: string;
  /** That its server was started with; null: nothing is known of them. */
  readonly args: readonly string[] | null;
}

/** Beside what the run remembers of its clusters, never in the record: keys may be in it. */
export const keptFile = (state: StateFile): string =>
  `${state.file.replace(/\.json$/, '')}-former-primary.json`;

/** Null where none is kept of this data directory. Rejects with `refused` when it cannot be read for what it is. */
export async function readKept(state: StateFile, dataDirectory: string): Promise<KeptNote | null> {
  const file = keptFile(state);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Failure('unavailable', `${file} cannot be read`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isJsonObject(value) || value['v'] !== 1)
    throw new Failure('refused', `${file} is not what a live run wrote`, {
      hint: 'It holds the settings of the former primary: do this step by hand, with settings of your own.',
    });
  const written = value as unknown as Written;
  if (written.dataDirectory !== dataDirectory) return null;
  return {
    ...{ dataDirectory, args: written.args, folders: written.folders },
    files: written.files.map((one) => ({ ...one, content: Buffer.from(one.content, 'base64') })),
  };
}

interface Written extends Omit<KeptNote, 'files'> {
  readonly files: readonly { readonly name: string; readonly mode: number; readonly content: string }[];
}

/** On disk when it resolves, readable by its owner alone. */
export async function writeKept(state: StateFile, note: KeptNote): Promise<void> {
  const files = note.files.map((one) => ({ ...one, content: one.content.toString('base64') }));
  await writeDurably(keptFile(state), JSON.stringify({ v: 1, ...note, files }));
}

export async function forgetKept(state: StateFile): Promise<void> {
  await rm(keptFile(state), { force: true });
  await syncFolder(dirname(keptFile(state)));
}
