import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Failure, sha256Hex } from '../../base/index.js';
import type { LocalStore, PutOptions, PutResult, Store } from '../../store/index.js';
import type { Progress } from '../progress.js';
import type { ListedSet } from './backup-set.js';
import { checkedStream } from './checked-stream.js';
import { inParallel } from './in-parallel.js';
import { manifestBytes, manifestName, parseSignedManifest, type SetFile } from './manifest.js';
import { progressMeter, type Meter } from './progress-meter.js';
import { hashFile } from './set-files.js';
import { tryAgain } from './try-again.js';

export interface CopyRequest {
  /** Stays as it is, whatever happens. */
  readonly from: Store;
  readonly to: Store;
  readonly set: ListedSet;
  /** Locks every object of the copy until then, ISO 8601. */
  readonly lockUntil?: string;
  /** Of each object; 4 unless told. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

export interface CopyResult {
  /** Objects of the set in the target now: its files, its manifest and its notes. */
  readonly files: number;
  /** Sent by this call. */
  readonly bytes: number;
  /** Objects that were there already. */
  readonly skipped: number;
}

const atOnce = 3;

interface Work extends CopyRequest {
  /** The same set was copied completely before: sizes tell enough of what is there. */
  readonly complete: boolean;
  /** What is put wrongly there stays: the source is read through first. */
  readonly locks: boolean;
  readonly meter: Meter;
}

/**
 * Copies a set into another store: its files, beside each other, then its manifest, then the notes that it passed. What an
 * interrupted copy has brought is used, and until the manifest is there nothing is listed. Rejects with `refused` when
 * something else lies in the target under one of the names, with `check` when the source does not hold what its manifest says.
 */
export async function copySet(request: CopyRequest): Promise<CopyResult> {
  const { from, to, set, signal } = request;
  const manifestKey = `${set.id}/${manifestName}`;
  const written = await attempt(request, async () => text(await from.get(manifestKey, options(signal))));
  requireSame(set, written, from);
  const known = await attempt(request, async () => readIfThere(to, manifestKey, signal));
  if (known !== null && known !== written) throw different(to, manifestKey);
  const capabilities = await attempt(request, async () => to.probe(signal));
  const totalBytes = set.manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const work: Work = {
    ...request,
    complete: known !== null,
    locks: request.lockUntil !== undefined || capabilities.defaultLockMs !== null,
    meter: progressMeter(request.progress, 'copying', totalBytes),
  };
  const copied = await inParallel(
    set.manifest.files,
    atOnce,
    async (file, either) => copyFile({ ...work, signal: either }, file),
    signal,
  );
  const texts = [{ key: manifestKey, written }, ...(await notesOf(request))];
  for (const one of texts) copied.push(await copyText(request, one.key, one.written));
  await requireListed(request, manifestKey, written);
  return {
    files: copied.length,
    bytes: copied.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
    skipped: copied.filter((bytes) => bytes === null).length,
  };
}

/** Bytes that were sent; null when it was there. Each attempt looks first: the one before may have arrived unheard. */
async function copyFile(work: Work, file: SetFile): Promise<number | null> {
  const { from, to, set, signal, meter } = work;
  const key = `${set.id}/${file.name}`;
  return attempt(work, async () => {
    if (await isThere(work, key, file)) {
      meter(file.bytes);
      return null;
    }
    const source = from.kind === 'local' ? join((from as LocalStore).directory, key) : null;
    if (source !== null && work.locks) requireHash(file, await readThrough(source, file, signal), from);
    const put =
      source !== null && to.kind !== 'local'
        ? await putFile(work, key, source)
        : await putStream(work, key, file);
    if (put.bytes === file.bytes && put.sha256 === file.sha256) return put.bytes;
    // What is not what the manifest says must not be there when somebody looks for it.
    await to.delete(key).catch(() => undefined);
    return requireHash(file, put, from);
  });
}

async function putFile(work: Work, key: string, path: string): Promise<PutResult> {
  let sent = 0;
  const progress = (bytes: number) => {
    work.meter(bytes - sent);
    sent = bytes;
  };
  return work.to.putFile(key, path, { ...putOptions(work), progress }).catch((failure: unknown) => {
    // The next attempt counts them again.
    progress(0);
    throw failure;
  });
}

async function putStream(work: Work, key: string, file: SetFile): Promise<PutResult> {
  const { from, to, signal, meter } = work;
  const body = await from.get(key, options(signal));
  const what = `${key} in ${from.describe}`;
  let passed = 0;
  const count = (bytes: number) => {
    meter(bytes);
    passed += bytes;
  };
  const checked = checkedStream(body, { ...file, what }, count);
  const broken: { cause?: unknown } = {};
  checked.once('error', (cause) => (broken.cause = cause));
  try {
    return await to.put(key, checked, { ...putOptions(work), bytes: file.bytes });
  } catch (failure) {
    meter(-passed);
    // A store that was given a broken stream calls it a failure of its own.
    throw broken.cause instanceof Failure ? broken.cause : failure;
  } finally {
    checked.destroy();
    body.destroy();
  }
}

async function readThrough(path: string, file: SetFile, signal?: AbortSignal): Promise<PutResult> {
  const found = await hashFile(path, signal).catch((cause: unknown) => {
    throw cause instanceof Failure
      ? cause
      : new Failure('check', `${file.name} cannot be read at ${path}`, { cause });
  });
  return { ...found, versionId: null };
}

function requireHash(file: SetFile, found: PutResult, from: Store): number {
  if (found.bytes === file.bytes && found.sha256 === file.sha256) return found.bytes;
  throw new Failure(
    'check',
    `${file.name} in ${from.describe} is damaged: ${found.bytes} bytes with another SHA-256 than its manifest says`,
    { hint: 'Take another copy of the set, or a new backup; nothing of this one is listed in the target.' },
  );
}

/** Rejects with `refused` when something else is there. */
async function isThere(work: Work, key: string, file: SetFile): Promise<boolean> {
  const { to, complete, signal } = work;
  const found = await to.head(key, signal);
  if (found === null) return false;
  if (found.bytes !== file.bytes) throw different(to, key);
  if (complete) return true;
  const hash = createHash('sha256');
  for await (const chunk of (await to.get(key, options(signal))) as AsyncIterable<Buffer>) hash.update(chunk);
  if (hash.digest('hex') !== file.sha256) throw different(to, key);
  return true;
}

/** Puts one small object unless it is there. Rejects with `refused` when something else is. */
export async function copyText(request: CopyRequest, key: string, written: string): Promise<number | null> {
  const { to, signal } = request;
  return attempt(request, async () => {
    const found = await readIfThere(to, key, signal);
    if (found === written) return null;
    if (found !== null) throw different(to, key);
    return (await to.put(key, Buffer.from(written, 'utf8'), putOptions(request))).bytes;
  });
}

async function notesOf(request: CopyRequest): Promise<{ key: string; written: string }[]> {
  const { from, set, signal } = request;
  return attempt(request, async () => {
    const notes: { key: string; written: string }[] = [];
    for await (const { key } of from.list(`${set.id}/verified-`, signal))
      notes.push({ key, written: await text(await from.get(key, options(signal))) });
    return notes;
  });
}

/** From the target itself, as whoever lists its sets reads it. */
async function requireListed(request: CopyRequest, key: string, written: string): Promise<void> {
  const { to, set, signal } = request;
  const [found, names] = await attempt(request, async () =>
    Promise.all([readIfThere(to, key, signal), to.folders('', signal)]),
  );
  if (found === written && names.includes(set.id)) return;
  throw new Failure('check', `${set.id} was copied to ${to.describe}, which does not list it`);
}

/** The very manifest that was listed: a set that was exchanged meanwhile is not copied. */
export function requireSame(set: ListedSet, written: string, from: Store): void {
  const now = parseSignedManifest(written);
  const listed = sha256Hex(manifestBytes(set.manifest));
  if (typeof now !== 'string' && sha256Hex(manifestBytes(now.manifest)) === listed) return;
  throw new Failure('check', `the manifest of ${set.id} in ${from.describe} is not the one that was listed`);
}

async function readIfThere(store: Store, key: string, signal?: AbortSignal): Promise<string | null> {
  return (await store.head(key, signal)) === null ? null : text(await store.get(key, options(signal)));
}

async function attempt<T>(request: CopyRequest, work: () => Promise<T>): Promise<T> {
  const { attempts = 4, signal, output } = request;
  return tryAgain(work, {
    attempts,
    ...options(signal),
    onRetry: (failure) => output?.(`trying again: ${failure.message}\n`),
  });
}

const options = (signal: AbortSignal | undefined): { signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };

const putOptions = ({ lockUntil, signal }: CopyRequest): PutOptions => ({
  ...options(signal),
  ...(lockUntil === undefined ? {} : { lockUntil }),
});

function different(to: Store, key: string): Failure {
  return new Failure('refused', `${to.describe} has another ${key} already, and nothing is overwritten`, {
    hint: 'See where it comes from; remove it there, or copy into a store or prefix of its own.',
  });
}
