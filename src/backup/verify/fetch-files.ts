import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import type { LocalStore, ObjectFacts, Store } from '../../store/index.js';
import type { Progress } from '../progress.js';
import { findBackup, type ListedSet } from '../set/backup-set.js';
import { inParallel } from '../set/in-parallel.js';
import { manifestBytes, manifestName, type SetFile } from '../set/manifest.js';
import { progressMeter, type Meter } from '../set/progress-meter.js';
import { hashFile } from '../set/set-files.js';
import type { TrustedKeys } from '../set/signing.js';
import { judge, type Outcome } from './verification.js';

export interface FetchRequest {
  readonly store: Store;
  readonly set: ListedSet;
  readonly trusted: TrustedKeys;
  /** Keeps what is read, in this new folder; null: it is only looked at. */
  readonly into: string | null;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: Progress) => void;
}

/** How many files are read beside each other: a far store answers slowly, and hashing takes one processor. */
const atOnce = 3;

/**
 * Test 1: reads every byte of the set from the store itself, once, and keeps it where it is needed later. Only what passed may be
 * used afterwards.
 */
export async function fetchFiles(request: FetchRequest): Promise<Outcome> {
  const { store, set, trusted, into, progress } = request;
  const fresh = await findBackup(store, trusted, set.id, request.signal).catch((failure: unknown) => {
    if (failure instanceof Failure && failure.reason === 'check') return failure.message;
    throw failure;
  });
  if (typeof fresh === 'string') return judge([fresh], []);
  // What is noted as verified is the set that was listed: one that was put in its place meanwhile was not asked for.
  if (!manifestBytes(fresh.manifest).equals(manifestBytes(set.manifest)))
    return judge([`the manifest of ${set.id} in ${store.describe} is not the one that was listed`], []);
  const { files } = fresh.manifest;
  if (into !== null) await mkdir(into, { recursive: true, mode: 0o700 });
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const meter = progressMeter(progress, 'reading the set', totalBytes);
  const found = await inParallel(
    files,
    atOnce,
    async (file, either) => fetchOne({ ...request, signal: either }, file, meter),
    request.signal,
  );
  const problems = found.filter((one) => typeof one === 'string');
  const facts = found.filter((one) => typeof one !== 'string');
  return judge(problems, [
    `${files.length} files, ${totalBytes} bytes, read again from ${store.describe}: size and SHA-256 as in the manifest signed by ${fresh.signedBy}`,
    ...retention(facts),
    ...(await strangers(store, set.id, files, request.signal)),
  ]);
}

/** What the store says of the file; a text says what is wrong with it. */
async function fetchOne(
  { store, set, into, signal }: FetchRequest,
  file: SetFile,
  count: Meter,
): Promise<ObjectFacts | string> {
  const key = `${set.id}/${file.name}`;
  const facts = await store.head(key, signal);
  if (facts === null) return `${file.name} is missing`;
  if (facts.bytes !== file.bytes) return `${file.name} has ${facts.bytes} bytes instead of ${file.bytes}`;
  const { bytes, sha256 } =
    into === null && store.kind === 'local'
      ? await hashInPlace(store as LocalStore, key, { signal, count })
      : await readStored(store, key, into === null ? null : join(into, file.name), { signal, count });
  if (bytes !== file.bytes) return `${file.name} gave ${bytes} bytes instead of ${file.bytes}`;
  return sha256 === file.sha256 ? facts : `${file.name} has another SHA-256 than its manifest says`;
}

interface Reading {
  readonly signal: AbortSignal | undefined;
  readonly count: Meter;
}

async function hashInPlace(
  { directory, describe }: LocalStore,
  key: string,
  { signal, count }: Reading,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  return hashFile(join(directory, key), signal, count).catch((cause: unknown) => {
    if (cause instanceof Failure) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('unavailable', `cannot read ${key} in ${describe}: ${why}`, { cause });
  });
}

/** Reads an object to its end and keeps it at a path, if one is given. */
async function readStored(
  store: Store,
  key: string,
  path: string | null,
  { signal, count }: Reading,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  if (path !== null) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const copy = path === null ? null : await open(path, 'wx', 0o400);
  let bytes = 0;
  try {
    const body = await store.get(key, signal === undefined ? {} : { signal });
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      count(chunk.length);
      await copy?.writeFile(chunk);
      if (signal?.aborted === true) throw new Failure('cancelled', `reading ${key} was cancelled`);
    }
  } finally {
    await copy?.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

function retention(facts: readonly ObjectFacts[]): string[] {
  const versions = facts.filter((one) => one.versionId !== null);
  const locks = facts.flatMap((one) => one.lockedUntil ?? []).sort();
  const [soonest] = locks;
  return [
    ...(versions.length === 0
      ? []
      : [`versions: ${versions.map((one) => `${nameOf(one.key)} ${one.versionId ?? ''}`).join(', ')}`]),
    ...(soonest === undefined
      ? []
      : [`${locks.length} of ${facts.length} files locked, at least until ${soonest}`]),
  ];
}

const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

/** Objects under the set's name that its manifest does not know; no restore reads them. */
async function strangers(
  store: Store,
  id: string,
  files: readonly SetFile[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const known = new Set([manifestName, ...files.map((file) => file.name)]);
  const found: string[] = [];
  for await (const { key } of store.list(`${id}/`, signal)) {
    const name = key.slice(id.length + 1);
    if (!known.has(name) && !/^verified-[^/]*\.json$/.test(name)) found.push(name);
  }
  return found.length === 0 ? [] : [`not of the set, and never read: ${found.join(', ')}`];
}
