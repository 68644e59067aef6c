import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { constants, existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Failure } from '../../base/index.js';
import { makeOwnedDirectory, stopCluster, type ClusterLocation } from '../../postgres/index.js';
import { openLocalStore } from '../../store/index.js';
import type { StagedSet } from '../set/backup-set.js';
import { manifestName } from '../set/manifest.js';
import { examineFiles } from '../verify/examine-files.js';
import { fetchFiles } from '../verify/fetch-files.js';
import { removeIsolated, restoreIsolated } from '../verify/restore-isolated.js';
import { judge, type Outcome, type TestNumber } from '../verify/verification.js';
import { errorsInLog } from '../verify/verify-log.js';
import type { VerifyRequest } from '../verify/verify-request.js';

/** What every control works on copies of. Nothing of it is the original: that was only read, once. */
export interface ProofGround {
  readonly request: VerifyRequest;
  /** A folder of copies, as a store; the set lies in it whole and signed. */
  readonly storeDirectory: string;
  /** The set as PostgreSQL's tools read it. */
  readonly opened: StagedSet;
  readonly walDirectory: string | null;
  /** Where file controls work; nothing outside is hurt. */
  readonly filesRoot: string;
  /** Where cluster controls work, reachable for the server's account; nothing outside is hurt. */
  readonly clustersRoot: string;
  /** The set, restored where its expectation was taken, and stopped. */
  readonly clean: ClusterLocation;
  /** What the restore itself said: test 5 without a fault. */
  readonly restoring: Outcome;
  /** Measured when first asked for, on an undamaged copy. */
  readonly without: Map<TestNumber, Promise<Outcome>>;
}

/**
 * Reads the set once, restores it once, and keeps both for the controls. Rejects with `check` when the set is not sound: a fault in a
 * damaged copy shows nothing.
 */
export async function openProofGround(request: VerifyRequest): Promise<ProofGround> {
  const { set, store, stagingDirectory, scratch, tools, trusted, progress } = request;
  if (existsSync(stagingDirectory))
    throw new Failure('refused', `${stagingDirectory} exists: copies are only made in a new folder`);
  progress?.({ stage: 'copying the set' });
  const storeDirectory = join(stagingDirectory, 'store');
  const into = join(storeDirectory, set.id);
  const fetched = await fetchFiles({ ...request, into });
  requirePass(1, fetched);
  const manifest = await text(await store.get(`${set.id}/${manifestName}`));
  await writeFile(join(into, manifestName), manifest, { mode: 0o600 });
  const filesRoot = join(stagingDirectory, 'hurt');
  await mkdir(filesRoot);
  const { outcomes, opened, walDirectory } = await examineFiles({
    ...{ ...request, store: shippedOr(request, storeDirectory), trusted },
    stagingDirectory: join(stagingDirectory, 'clean'),
  });
  if (set.manifest.files.some((file) => file.plain !== undefined)) requirePass(2, outcomes[2]);
  requirePass(3, outcomes[3]);
  if (opened === null) throw new Failure('check', `backup ${set.id} cannot be opened`);
  progress?.({ stage: 'restoring' });
  const cluster = await restoreIsolated(request, opened, walDirectory, 'use');
  const restoring = judge(await errorsInLog(scratch), [
    `restored in ${cluster.restoreMs} ms, ${cluster.said}`,
  ]);
  await stopCluster(tools, scratch, 'fast');
  const clustersRoot = `${scratch.dataDirectory}.proof`;
  await makeOwnedDirectory(clustersRoot, scratch.account);
  return {
    ...{ request, storeDirectory, opened, walDirectory, filesRoot, clustersRoot, clean: scratch, restoring },
    without: new Map(),
  };
}

/** The log is fetched from the set's own store, where it was shipped to; everything else is read from the copy. */
function shippedOr(request: VerifyRequest, storeDirectory: string): VerifyRequest['store'] {
  const copy = openLocalStore(storeDirectory);
  if (request.walDirectory !== undefined || request.set.manifest.kind === 'logical') return copy;
  const { store } = request;
  const ofLog = (key: string) => key.startsWith('wal/');
  return {
    ...copy,
    get: async (key, options) => (ofLog(key) ? store.get(key, options) : copy.get(key, options)),
    head: async (key, signal) => (ofLog(key) ? store.head(key, signal) : copy.head(key)),
    list: (prefix, signal) => (ofLog(prefix) ? store.list(prefix, signal) : copy.list(prefix, signal)),
  };
}

function requirePass(n: TestNumber, outcome: Outcome | undefined): void {
  if (outcome?.verdict === 'pass') return;
  const why = outcome?.evidence[0] ?? 'it was not run';
  throw new Failure('check', `nothing can be proven on this set, because test ${n} is not green: ${why}`, {
    hint: 'Verify the set first, and prove the tests on one that is sound.',
  });
}

export async function closeProofGround(request: VerifyRequest): Promise<void> {
  await removeIsolated(request.scratch);
  await rm(`${request.scratch.dataDirectory}.proof`, { recursive: true, force: true, maxRetries: 3 });
  await rm(request.stagingDirectory, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * A folder like another, at no cost: the same files under a second name, but for those that are to be hurt, which are copied. What was
 * there before is removed.
 */
export async function likeFolder(from: string, to: string, hurt: readonly string[]): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(from.length + 1);
    await mkdir(dirname(join(to, name)), { recursive: true, mode: 0o700 });
    if (hurt.includes(name)) await copyFile(path, join(to, name), constants.COPYFILE_FICLONE);
    else await link(path, join(to, name)).catch(async () => copyFile(path, join(to, name)));
  }
}
