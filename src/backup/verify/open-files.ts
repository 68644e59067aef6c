import { copyFile, mkdir, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import { lastChunkBoundary } from '../encryption/age-chunks.js';
import { findAge, type AgeTool } from '../encryption/age-tool.js';
import { decryptFile } from '../encryption/decrypt-file.js';
import { newIdentity } from '../encryption/identities.js';
import { describeRecipient } from '../encryption/recipients.js';
import type { ListedSet, StagedSet } from '../set/backup-set.js';
import { inParallel } from '../set/in-parallel.js';
import type { SetFile } from '../set/manifest.js';
import { judge, notRun, type Outcome } from './verification.js';

export interface OpenRequest {
  readonly set: ListedSet;
  /** Where the files lie as the store has them. */
  readonly directory: string;
  /** A folder to be made, for what is decrypted. */
  readonly into: string;
  readonly identities: readonly string[];
  readonly signal?: AbortSignal;
}

const atOnce = 2;

/**
 * Test 2: every file decrypts and authenticates to its last byte, and is then what the manifest says; a key that was made just now
 * opens none; a copy that ends where a chunk ends is refused. Gives the set as it can be read, null when it cannot.
 */
export async function openFiles(
  request: OpenRequest,
): Promise<{ readonly outcome: Outcome; readonly opened: StagedSet | null }> {
  const { set, directory, into, identities, signal } = request;
  const { files, encryption } = set.manifest;
  const sealed = files.filter((file) => file.plain !== undefined);
  if (sealed.length === 0) {
    const outcome = notRun('the set is not encrypted: there is nothing to decrypt');
    return { outcome, opened: { ...set, directory, files } };
  }
  if (identities.length === 0) {
    const outcome = notRun(
      `the set is encrypted for ${encryption.map(describeRecipient).join(', ')}, and no identity is here: a verifier elsewhere, which holds the operations identity, must run this test and sign`,
    );
    return { outcome, opened: null };
  }
  const age = await findAge();
  await mkdir(into, { recursive: true, mode: 0o700 });
  const problems = (
    await inParallel(
      sealed,
      atOnce,
      async (file, either) => openOne(age, file, { ...request, signal: either }),
      signal,
    )
  ).filter((one) => one !== null);
  const stranger = await refusesStranger(age, request, sealed);
  const cut = await refusesCut(age, request, sealed);
  const outcome = judge(
    [...problems, ...stranger.problems, ...cut.problems],
    [
      `${sealed.length} files decrypted and authenticated to the last byte, each as the manifest says`,
      ...stranger.seen,
      ...cut.seen,
    ],
  );
  const plain = files.map(({ plain: inside, name, bytes, sha256 }) => inside ?? { name, bytes, sha256 });
  return { outcome, opened: outcome.verdict === 'pass' ? { ...set, directory: into, files: plain } : null };
}

/** What is wrong with the file; null when it is right. */
async function openOne(age: AgeTool, file: SetFile, request: OpenRequest): Promise<string | null> {
  const { directory, into, identities, signal } = request;
  const wanted = file.plain ?? file;
  const to = join(into, wanted.name);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    const found = await decryptFile({
      ...{ age, from: join(directory, file.name), what: file.name, to, identities },
      encryptedFor: request.set.manifest.encryption,
      ...(signal === undefined ? {} : { signal }),
    });
    const same = found.bytes === wanted.bytes && found.sha256 === wanted.sha256;
    return same ? null : `${file.name} decrypts to something else than its manifest says`;
  } catch (failure) {
    if (failure instanceof Failure && failure.reason !== 'cancelled') return failure.message;
    throw failure;
  }
}

interface Tried {
  readonly problems: readonly string[];
  readonly seen: readonly string[];
}

async function refusesStranger(
  age: AgeTool,
  request: OpenRequest,
  sealed: readonly SetFile[],
): Promise<Tried> {
  const smallest = bySize(sealed)[0];
  if (smallest === undefined) return { problems: [], seen: [] };
  const path = join(request.into, '.stranger');
  await newIdentity({ age, path });
  try {
    const from = join(request.directory, smallest.name);
    const opened = await opens(age, from, path, request);
    return opened
      ? { problems: [`${smallest.name} is opened by a key that was made just now`], seen: [] }
      : { problems: [], seen: [`a key made just now does not open ${smallest.name}`] };
  } finally {
    await rm(path, { force: true });
  }
}

async function refusesCut(age: AgeTool, request: OpenRequest, sealed: readonly SetFile[]): Promise<Tried> {
  for (const file of bySize(sealed)) {
    const from = join(request.directory, file.name);
    const boundary = await lastChunkBoundary(from).catch(() => null);
    if (boundary === null) continue;
    const copy = join(request.into, '.cut');
    try {
      await copyFile(from, copy);
      await truncate(copy, boundary);
      for (const identity of request.identities)
        if (await opens(age, copy, identity, request))
          return { problems: [`${file.name} is opened although it was cut after a whole chunk`], seen: [] };
      return { problems: [], seen: [`${file.name} cut after a whole chunk is refused`] };
    } finally {
      await rm(copy, { force: true });
    }
  }
  return { problems: [], seen: ['no file is long enough to be cut between two chunks'] };
}

async function opens(age: AgeTool, from: string, identity: string, request: OpenRequest): Promise<boolean> {
  const to = join(request.into, '.tried');
  const { signal } = request;
  try {
    const wanted = { age, from, to, identities: [identity] };
    await decryptFile({ ...wanted, ...(signal === undefined ? {} : { signal }) });
    return true;
  } catch (failure) {
    const refused = failure instanceof Failure && /^(check|unavailable)$/.test(failure.reason);
    if (refused && (await stat(from).catch(() => null)) !== null) return false;
    throw failure;
  } finally {
    await rm(to, { force: true });
  }
}

const bySize = (files: readonly SetFile[]) => [...files].sort((a, b) => a.bytes - b.bytes);
