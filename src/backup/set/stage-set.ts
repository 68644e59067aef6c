import { chmod, mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure, formatSize } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { type LocalStore, type Store } from '../../store/index.js';
import { findAge, type AgeTool } from '../encryption/age-tool.js';
import { keyMissing } from '../encryption/decrypt-failure.js';
import { decryptFile, decryptStream } from '../encryption/decrypt-file.js';
import { requireIdentities } from '../encryption/identities.js';
import type { Progress } from '../progress.js';
import { inFolder, type ListedSet, type StagedSet } from './backup-set.js';
import { checkedStream } from './checked-stream.js';
import { inParallel } from './in-parallel.js';
import type { BackupManifest, SetFile } from './manifest.js';
import { progressMeter, type Meter } from './progress-meter.js';
import { hashFile } from './set-files.js';
import { closeStage, openStage, releaseStage } from './stage-folder.js';
import { tryAgain } from './try-again.js';
import { writeStream } from './write-stream.js';

export interface StageRequest<M extends BackupManifest> {
  readonly store: Store;
  readonly set: ListedSet<M>;
  /** A folder to be made, for this set alone; that of an interrupted attempt is gone on with. */
  readonly into: string;
  /** Identity files of age, for an encrypted set. */
  readonly identities?: readonly string[];
  /** Who has to read the files, where that is not us: then they are copied even from a local store. */
  readonly account?: ClusterLocation['account'];
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

/** A set to be read in place; `release` removes what was made for it, and nothing that was there before. */
export type ReleasableSet<M extends BackupManifest = BackupManifest> = StagedSet<M> & {
  release(): Promise<void>;
};

const atOnce = 3;
const attempts = 4;

/**
 * Brings the files of a set to where PostgreSQL's tools read them, fetched and decrypted, nobody else's to read. An unencrypted
 * set of a local store is used where it lies. Every file has the size and SHA-256 that its signed manifest gives before it gets its
 * name. Rejects with `unavailable` without room or without the key, `check` for other bytes than the manifest's; what was right stays
 * for the next attempt.
 */
export async function stageSet<M extends BackupManifest>(
  request: StageRequest<M>,
): Promise<ReleasableSet<M>> {
  const { store, set, into, account, signal } = request;
  const { files, encryption } = set.manifest;
  const encrypted = files.some((file) => file.plain !== undefined);
  if (store.kind === 'local' && !encrypted && (account ?? null) === null)
    return { ...inFolder(store as LocalStore, set), release: () => Promise.resolve() };
  const identities = request.identities ?? [];
  const sealed = { what: `backup ${set.id}`, encryptedFor: encryption };
  if (encrypted && identities.length === 0) throw keyMissing(sealed, []);
  await requireIdentities(encrypted ? identities : []);
  const age = encrypted ? await findAge() : null;
  await openStage(into, set.id);
  const staged = files.map(({ plain, name, bytes, sha256 }) => plain ?? { name, bytes, sha256 });
  await requireRoom(into, staged);
  const meter = progressMeter(
    request.progress,
    encrypted ? 'fetching and decrypting' : 'fetching',
    total(staged),
  );
  const work = { store, set, into, identities, age, meter };
  await inParallel(
    files,
    atOnce,
    async (file, either) =>
      tryAgain(async () => stageFile({ ...work, signal: either }, file), {
        ...{ attempts, signal: either },
        onRetry: (failure) => request.output?.(`trying again: ${failure.message}\n`),
      }),
    signal,
  );
  await closeStage(into, account ?? null);
  return { ...set, directory: into, files: staged, release: () => releaseStage(into, set.id) };
}

interface Work {
  readonly store: Store;
  readonly set: ListedSet;
  readonly into: string;
  readonly identities: readonly string[];
  readonly age: AgeTool | null;
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

async function stageFile(work: Work, file: SetFile): Promise<void> {
  const { set, into, meter, signal } = work;
  const wanted = file.plain ?? file;
  const path = join(into, wanted.name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const there = await stat(path).catch(() => null);
  if (there?.size === wanted.bytes && (await hashFile(path, signal)).sha256 === wanted.sha256) {
    meter(wanted.bytes);
    return;
  }
  await rm(path, { force: true });
  const fresh = `${path}.fresh`;
  const found =
    file.plain === undefined ? await fetchPlain(work, file, fresh) : await fetchSealed(work, file, fresh);
  if (found.bytes !== wanted.bytes || found.sha256 !== wanted.sha256) {
    await rm(fresh, { force: true });
    throw new Failure(
      'check',
      `${wanted.name} of ${set.id} is not what its manifest says: another size or SHA-256`,
    );
  }
  await chmod(fresh, 0o400);
  await rename(fresh, path);
}

async function fetchPlain(work: Work, file: SetFile, to: string): Promise<{ bytes: number; sha256: string }> {
  await writeStream(await bodyOf(work, file, work.meter), to);
  // The stream would have broken otherwise.
  return file;
}

async function fetchSealed(
  work: Work,
  file: SetFile,
  to: string,
): Promise<{ bytes: number; sha256: string }> {
  const { store, set, identities, age, signal, meter } = work;
  if (age === null) throw new Failure('unavailable', `nothing was found to decrypt ${file.name} with`);
  const common = {
    ...{ age, to, identities, signal, what: `${file.name} of ${set.id}` },
    ...{ encryptedFor: set.manifest.encryption, decrypted: meter },
  };
  if (store.kind !== 'local') return decryptStream({ ...common, from: await bodyOf(work, file) });
  const from = join((store as LocalStore).directory, set.id, file.name);
  const { size } = await stat(from).catch((cause: unknown) => {
    throw new Failure('check', `${file.name} of ${set.id} is missing`, { cause });
  });
  if (size !== file.bytes)
    throw new Failure('check', `${file.name} of ${set.id} has ${size} bytes instead of ${file.bytes}`);
  // Its plain hash is compared with the signed manifest afterwards: hashing what it is decrypted from would add nothing.
  return decryptFile({ ...common, from });
}

async function bodyOf({ store, set, signal }: Work, file: SetFile, passed?: Meter): Promise<Readable> {
  const body = await store.get(`${set.id}/${file.name}`, { signal });
  return checkedStream(body, { ...file, what: `${file.name} of ${set.id} in ${store.describe}` }, passed);
}

/** What an interrupted attempt has brought needs no room a second time. */
async function requireRoom(into: string, files: readonly { name: string; bytes: number }[]): Promise<void> {
  let needed = 0;
  for (const file of files) {
    const there = await stat(join(into, file.name)).catch(() => null);
    if (there?.size !== file.bytes) needed += file.bytes;
  }
  const { bavail, bsize } = await statfs(into);
  if (bavail * bsize > needed) return;
  throw new Failure(
    'unavailable',
    `no room for the set in ${into}: ${formatSize(bavail * bsize)} free, ${formatSize(needed)} needed`,
    { hint: `Free some space, or choose another folder; \`df -h ${into}\` shows it.`, retryable: false },
  );
}

const total = (files: readonly { bytes: number }[]) => files.reduce((sum, file) => sum + file.bytes, 0);
