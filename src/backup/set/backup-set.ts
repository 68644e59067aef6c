import { Failure } from '../../base/index.js';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalStore } from '../../store/index.js';
import { manifestName, parseSignedManifest, type BackupManifest } from './manifest.js';
import { signatureProblem, type TrustedKeys } from './signing.js';

export interface BackupSet {
  readonly id: string;
  readonly directory: string;
  readonly manifest: BackupManifest;
}

export interface BackupListing {
  /** Newest first, by the engine's clock when the set was complete. */
  readonly sets: readonly BackupSet[];
  /** Folders of the store that are not, or no longer, backup sets. */
  readonly broken: readonly { readonly id: string; readonly problem: string }[];
}

/** Sets whose manifest is there, whole, and signed by a trusted key. Their files are not read: `checkSet` does that. */
export async function listBackups(store: LocalStore, trusted: TrustedKeys): Promise<BackupListing> {
  const entries = await readdir(store.directory, { withFileTypes: true }).catch(() => []);
  const sets: BackupSet[] = [];
  const broken: { id: string; problem: string }[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    if (!isSetName(name)) continue;
    const found = await readSet(join(store.directory, name), name, trusted);
    if (typeof found === 'string') broken.push({ id: name, problem: found });
    else sets.push(found);
  }
  const ended = (set: BackupSet) => `${set.manifest.times.engineEnded} ${set.id}`;
  sets.sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
  return { sets, broken };
}

/** One set by its id. Rejects with `check` when it is not there or not to be believed. */
export async function findBackup(store: LocalStore, trusted: TrustedKeys, id: string): Promise<BackupSet> {
  const found = isSetName(id)
    ? await readSet(join(store.directory, id), id, trusted)
    : 'that is no id of a set';
  if (typeof found !== 'string') return found;
  throw new Failure('check', `backup ${id} cannot be used: ${found}`, {
    hint: 'Choose another set, the newest usable one if there is one.',
  });
}

async function readSet(directory: string, id: string, trusted: TrustedKeys): Promise<BackupSet | string> {
  if (id.endsWith('.partial')) return 'it was never finished';
  const text = await readFile(join(directory, manifestName), 'utf8').catch(() => null);
  if (text === null) return 'it has no manifest';
  const signed = parseSignedManifest(text);
  if (typeof signed === 'string') return signed;
  const problem = signatureProblem(signed, trusted);
  if (problem !== null) return problem;
  if (signed.manifest.id !== id) return `its manifest is that of ${signed.manifest.id}`;
  return { id, directory, manifest: signed.manifest };
}

/** `2027-01-17T010203Z-physical-3f9a01`, finished or not. */
function isSetName(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{6}Z-[a-z]+-[0-9a-f]+(\.partial)?$/.test(name);
}
