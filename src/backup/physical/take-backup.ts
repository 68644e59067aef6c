import { randomBytes } from 'node:crypto';
import { chmod, chown, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, Failure, formatSize } from '../../base/index.js';
import {
  connectTo,
  makeOwnedDirectory,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import { makeDurableFolder, syncFile, syncFolder, type LocalStore } from '../../store/index.js';
import { runBaseBackup, serverCompression } from './base-backup.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { manifestFormat, manifestName, type BackupManifest } from '../set/manifest.js';
import { readServerFacts } from '../expectation/server-facts.js';
import { sealFiles } from '../set/set-files.js';
import { signManifest, type Signer } from '../set/signing.js';
import { readSettledStructure } from '../expectation/settled-structure.js';
import { takeContentExpectation, type BackupPolicy } from '../expectation/take-expectation.js';
import { summarise } from '../expectation/structure.js';
import { claimSet, releaseSet, removeUnfinished } from '../set/unfinished-sets.js';
import { waitForWal } from '../wal/wait-for-wal.js';

export interface BackupRequest {
  readonly tools: PostgresTools;
  /** The primary. */
  readonly location: ClusterLocation;
  readonly store: LocalStore;
  readonly policy: BackupPolicy;
  readonly kind: 'physical';
  /** Where the receiver writes: a set is complete once the WAL that it needs lies there. */
  readonly walDirectory: string;
  readonly signer: Signer;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

/**
 * Takes one backup set. It is written under a name that is never listed, renamed when all its files are durable, and counts
 * from the moment its signed manifest is there. Whatever fails, nothing of it stays; what a killed process left is removed by the
 * next backup into the same store.
 */
export async function takeBackup(
  request: BackupRequest,
): Promise<{ readonly manifest: BackupManifest; readonly directory: string }> {
  const { store, location, signer } = request;
  const startedAt = new Date();
  const id = `${startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')}-physical-${randomBytes(3).toString('hex')}`;
  const final = join(store.directory, id);
  const partial = `${final}.partial`;
  await makeDurableFolder(store.directory);
  for (const line of await removeUnfinished(store)) request.output?.(`${line}\n`);
  const session = await connectTo(location, { applicationName: 'firedrill backup' });
  try {
    await claimSet(store, id);
    await requireRoom(session, store);
    await makeOwnedDirectory(partial, location.account);
    const manifest = await writeSet(request, session, { id, partial, startedAt });
    await takeOver(partial);
    await rename(partial, final);
    const signed = await signManifest(manifest, signer);
    await writeFile(join(final, `${manifestName}.partial`), canonicalJson(signed), {
      mode: 0o400,
      flag: 'wx',
    });
    await syncFile(join(final, `${manifestName}.partial`));
    await rename(join(final, `${manifestName}.partial`), join(final, manifestName));
    await syncFolder(final);
    await syncFolder(store.directory);
    return { manifest, directory: final };
  } catch (failure) {
    await rm(partial, { recursive: true, force: true });
    await rm(final, { recursive: true, force: true });
    throw failure;
  } finally {
    await releaseSet(store, id);
    await session.end();
  }
}

async function writeSet(
  request: BackupRequest,
  session: Session,
  set: { readonly id: string; readonly partial: string; readonly startedAt: Date },
): Promise<BackupManifest> {
  const { tools, location, policy, signal, output } = request;
  const facts = await readServerFacts(session, tools);
  const compression = await serverCompression(tools, session);
  // The content is read beside the copy: both only read, and the copy waits for its checkpoint first.
  const beside = new AbortController();
  const either = signal === undefined ? beside.signal : AbortSignal.any([signal, beside.signal]);
  const [base, content] = await bothOrNeither(
    beside,
    runBaseBackup({
      tools,
      location,
      directory: set.partial,
      compression,
      label: set.id,
      signal: either,
      output,
    }),
    takeContentExpectation(location, policy, either),
  );
  const structure = await readSettledStructure(location, session);
  const detail: StructureFile = structure.read;
  await writeFile(join(set.partial, structureFileName), canonicalJson(detail), { flag: 'wx' });
  await waitForWal(
    session,
    {
      directory: request.walDirectory,
      timeline: base.timeline,
      fromLsn: base.startLsn,
      toLsn: structure.lsn,
      segmentBytes: facts.walSegmentBytes,
      systemIdentifier: facts.systemIdentifier,
    },
    signal,
  );
  const files = await sealFiles(set.partial, signal);
  const { now: serverStarted, ...server } = facts;
  const endedAt = new Date();
  return {
    format: manifestFormat,
    id: set.id,
    kind: 'physical',
    server: { ...server, timeline: base.timeline },
    wal: {
      startLsn: base.startLsn,
      stopLsn: base.stopLsn,
      timeline: base.timeline,
      expectationLsn: structure.lsn,
    },
    times: {
      engineStarted: set.startedAt.toISOString(),
      engineEnded: endedAt.toISOString(),
      serverStarted,
      serverEnded: (await readServerFacts(session, tools)).now,
      copyMs: base.copyMs,
      totalMs: endedAt.getTime() - set.startedAt.getTime(),
    },
    tools: { pg_basebackup: tools.version },
    compression: base.compression,
    encryption: [],
    files,
    expectation: { ...content, structure: summarise(detail.databases), structureExact: structure.exact },
  };
}

/** When one fails the other is ended before the failure goes on: nothing keeps running behind it. */
async function bothOrNeither<A, B>(other: AbortController, a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const stop = (): void => other.abort();
  a.catch(stop);
  b.catch(stop);
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value];
  const reasons: unknown[] = [first, second].flatMap((one): unknown[] =>
    one.status === 'rejected' ? [one.reason] : [],
  );
  throw reasons.find((reason) => !(reason instanceof Failure && reason.reason === 'cancelled')) ?? reasons[0];
}

async function takeOver(directory: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(directory, 0, 0);
  await chmod(directory, 0o700);
  await syncFolder(directory);
}

/** As much room as the databases take: what compression saves is not known before. */
async function requireRoom(session: Session, store: LocalStore): Promise<void> {
  const [row] = await session.query('select sum(pg_database_size(oid))::text as bytes from pg_database');
  const needed = Number(row?.['bytes'] ?? 0);
  const { bavail, bsize } = await statfs(store.directory);
  if (bavail * bsize >= needed) return;
  throw new Failure(
    'unavailable',
    `no room for a backup in ${store.directory}: ${formatSize(bavail * bsize)} free, ${formatSize(needed)} needed`,
    {
      hint: `Free some space, or choose another store; \`df -h ${store.directory}\` shows it.`,
      retryable: false,
    },
  );
}
