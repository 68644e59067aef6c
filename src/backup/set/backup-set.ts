import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Failure } from '../../base/index.js';
import type { LocalStore, Store } from '../../store/index.js';
import { manifestName, parseSignedManifest, type BackupManifest, type SetFile } from './manifest.js';
import { signatureProblem, type TrustedKeys } from './signing.js';

/** A set as its store tells of it; its files have not been read. */
export interface ListedSet<M extends BackupManifest = BackupManifest> {
  readonly id: string;
  readonly manifest: M;
  /** Key id that signed the manifest. */
  readonly signedBy: string;
}

/** A set whose files lie in a folder of this machine, to be read by PostgreSQL's tools. */
export interface StagedSet<M extends BackupManifest = BackupManifest> extends ListedSet<M> {
  readonly directory: string;
  /** What lies in that folder: names, sizes and hashes of the files as they are there. */
  readonly files: readonly SetFile[];
}

export interface BackupListing {
  /** Newest first, by the engine's clock when the set was complete. */
  readonly sets: readonly ListedSet[];
  /** Folders of the store that are not, or no longer, backup sets. */
  readonly broken: readonly { readonly id: string; readonly problem: string }[];
}

/** Sets whose manifest is there, whole, and signed by a trusted key. Their other files are not read. */
export async function listBackups(
  store: Store,
  trusted: TrustedKeys,
  signal?: AbortSignal,
): Promise<BackupListing> {
  const sets: ListedSet[] = [];
  const broken: { id: string; problem: string }[] = [];
  for (const name of (await store.folders('', signal)).filter(isSetName)) {
    const found = await readSet(store, name, trusted, signal).catch((failure: unknown) =>
      unreadable(store, failure),
    );
    if (typeof found === 'string') broken.push({ id: name, problem: found });
    else sets.push(found);
  }
  const ended = (set: ListedSet) => `${set.manifest.times.engineEnded} ${set.id}`;
  sets.sort((a, b) => (ended(a) < ended(b) ? 1 : -1));
  return { sets, broken };
}

/**
 * One bad sector, or one object that may not be read, must not hide the good sets beside it. A store that does not answer is another
 * matter: that is no word about any set.
 */
function unreadable(store: Store, failure: unknown): string {
  const ofThisOne =
    failure instanceof Failure &&
    failure.reason === 'unavailable' &&
    (store.kind === 'local' || !failure.retryable);
  if (ofThisOne) return `its manifest cannot be read: ${failure.message}`;
  throw failure;
}

/** One set by its id. Rejects with `check` when it is not there or not to be believed. */
export async function findBackup(
  store: Store,
  trusted: TrustedKeys,
  id: string,
  signal?: AbortSignal,
): Promise<ListedSet> {
  const found = isSetName(id) ? await readSet(store, id, trusted, signal) : 'that is no id of a set';
  if (typeof found !== 'string') return found;
  throw new Failure('check', `backup ${id} cannot be used: ${found}`, {
    hint: 'Choose another set, the newest usable one if there is one; `firedrill backups` lists them.',
  });
}

/** The files of a set where they lie, in a folder that is a store, exactly as they were put there. */
export function inFolder<M extends BackupManifest>(store: LocalStore, set: ListedSet<M>): StagedSet<M> {
  return { ...set, directory: join(store.directory, set.id), files: set.manifest.files };
}

async function readSet(
  store: Store,
  id: string,
  trusted: TrustedKeys,
  signal: AbortSignal | undefined,
): Promise<ListedSet | string> {
  if (id.endsWith('.partial')) return 'it was never finished';
  const key = `${id}/${manifestName}`;
  if ((await store.head(key, signal)) === null) return 'it has no manifest';
  const body = await store.get(key, signal === undefined ? {} : { signal });
  const signed = parseSignedManifest(await text(body));
  if (typeof signed === 'string') return signed;
  const problem = signatureProblem(signed, trusted);
  if (problem !== null) return problem;
  if (signed.manifest.id !== id) return `its manifest is that of ${signed.manifest.id}`;
  return { id, manifest: signed.manifest, signedBy: signed.signature.keyId };
}

/** `2027-01-17T010203Z-physical-3f9a01`, finished or not. */
export function isSetName(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{6}Z-[a-z]+-[0-9a-f]+(\.partial)?$/.test(name);
}

/** Narrows a set to one way of taking it. Throws `refused`, saying which it is, for any other. */
export function requireKind<S extends ListedSet, K extends BackupManifest['kind']>(
  set: S,
  kind: K,
): S & { readonly manifest: Extract<BackupManifest, { kind: K }> } {
  if (set.manifest.kind === kind) return set as S & { manifest: Extract<BackupManifest, { kind: K }> };
  throw new Failure('refused', `backup ${set.id} is ${set.manifest.kind}, not ${kind}`, {
    hint: `Choose a ${kind} set; \`firedrill backups\` lists them.`,
  });
}
