import { chmod, mkdtemp, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createReadStream } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import type { Readable } from 'node:stream';
import { Failure, formatSize } from '../../base/index.js';
import type { ClusterLocation, Lsn } from '../../postgres/index.js';
import type { Store } from '../../store/index.js';
import { findAge, type AgeTool } from '../encryption/age-tool.js';
import { keyMissing } from '../encryption/decrypt-failure.js';
import { decryptStream } from '../encryption/decrypt-file.js';
import { requireIdentities } from '../encryption/identities.js';
import { inParallel } from '../set/in-parallel.js';
import { closeStage, openStage, releaseStage } from '../set/stage-folder.js';
import { tryAgain } from '../set/try-again.js';
import { writeStream } from '../set/write-stream.js';
import { listStoredWal, type StoredWal } from './stored-wal.js';
import { highestSegment, newestPath, segmentProblem, type Leg } from './wal-continuity.js';
import { parseSegmentName, segmentName, segmentOf } from './wal-segments.js';

export interface StageWalRequest {
  readonly store: Store;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly fromLsn: Lsn;
  readonly segmentBytes: number;
  /** A folder to be made; that of an interrupted attempt is gone on with. */
  readonly into: string;
  /** Identity files of age, where the log was encrypted. */
  readonly identities?: readonly string[];
  /** PostgreSQL's account, which reads the segments itself during recovery. */
  readonly account?: ClusterLocation['account'];
  readonly signal?: AbortSignal;
}

export interface StagedWal {
  /** As a receiver's folder: to be given as `walDirectory`. */
  readonly directory: string;
  readonly segments: number;
  /** The first segment that the store lacks although it has later ones: a recovery ends before it. Null: unbroken. */
  readonly gap: string | null;
  release(): Promise<void>;
}

const atOnce = 4;
const attempts = 4;

/**
 * Fetches the log from a position to its end, or to its first gap, along the newest timeline that leads on from the given one.
 * Every segment is looked at before it gets its name. Rejects with `check` when the first one is missing, or one is not what its name
 * says; with `unavailable` without the key or without room.
 */
export async function stageWal(request: StageWalRequest): Promise<StagedWal> {
  const { store, systemIdentifier, segmentBytes, into, account, signal } = request;
  const what = `the log of ${systemIdentifier}`;
  const stored = await listStoredWal(store, systemIdentifier, signal);
  await openStage(into, what);
  const scratch = await mkdtemp(join(into, '.fetching-'));
  try {
    const age = await ageFor(request, stored);
    const work: Work = { ...request, stored, scratch, age };
    const names = [...stored.keys()];
    const histories = names.filter((name) => name.endsWith('.history'));
    await inParallel(histories, atOnce, async (name, either) => fetchOne(work, name, either), signal);
    const path = await newestPath(into, histories, request.timeline);
    const { wanted, gap } = segmentsOf(request, stored, path);
    await requireRoom(into, wanted, segmentBytes);
    await inParallel(wanted, atOnce, async (name, either) => fetchOne(work, name, either), signal);
    await rm(scratch, { recursive: true, force: true });
    await closeStage(into, account ?? null);
    return { directory: into, segments: wanted.length, gap, release: () => releaseStage(into, what) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Work extends StageWalRequest {
  readonly stored: StoredWal;
  readonly scratch: string;
  readonly age: AgeTool | null;
}

async function ageFor(request: StageWalRequest, stored: StoredWal): Promise<AgeTool | null> {
  const { identities = [], systemIdentifier } = request;
  if (![...stored.values()].some((key) => key.endsWith('.age'))) return null;
  if (identities.length === 0) throw keyMissing({ what: `the log of system ${systemIdentifier}` }, []);
  await requireIdentities(identities);
  return findAge();
}

function segmentsOf(
  request: StageWalRequest,
  stored: StoredWal,
  path: readonly Leg[],
): { wanted: string[]; gap: string | null } {
  const { fromLsn, segmentBytes, timeline, store } = request;
  const timelineAt = (number: bigint) =>
    path.find((leg) => leg.untilLsn === null || number < segmentOf(leg.untilLsn, segmentBytes))?.timeline ??
    timeline;
  const last = highestSegment([...stored.keys()], new Set(path.map((leg) => leg.timeline)), segmentBytes);
  const wanted: string[] = [];
  for (let number = segmentOf(fromLsn, segmentBytes); last !== null && number <= last; number += 1n) {
    const name = segmentName({ timeline: timelineAt(number), number }, segmentBytes);
    if (stored.has(name)) wanted.push(name);
    else if (wanted.length > 0) return { wanted, gap: name };
    else break;
  }
  if (wanted.length > 0) return { wanted, gap: null };
  const number = segmentOf(fromLsn, segmentBytes);
  const first = segmentName({ timeline: timelineAt(number), number }, segmentBytes);
  throw new Failure('check', `segment ${first}, where the log has to begin, is not in ${store.describe}`, {
    hint: 'Take a set whose log was shipped, or bring the segment from the receiver’s folder.',
  });
}

async function fetchOne(work: Work, name: string, signal: AbortSignal): Promise<void> {
  const { into, scratch, segmentBytes } = work;
  const segment = parseSegmentName(name, segmentBytes);
  const problemOf = async (path: string) =>
    segment === null ? null : segmentProblem(path, segment.number, work);
  const path = join(into, name);
  const there = await stat(path).catch(() => null);
  if (there !== null && segment !== null && (await problemOf(path)) === null) return;
  const fresh = join(scratch, name);
  await tryAgain(async () => fetchUnpacked(work, name, fresh, signal), { attempts, signal });
  const problem = await problemOf(fresh);
  if (problem !== null)
    throw new Failure('check', `${problem} in ${work.store.describe}`, {
      hint: 'Bring the right one from the receiver’s folder or from another copy.',
    });
  await chmod(fresh, 0o400);
  await rename(fresh, path);
}

async function fetchUnpacked(work: Work, name: string, to: string, signal: AbortSignal): Promise<void> {
  const { store, stored, scratch, age, identities = [] } = work;
  const key = stored.get(name) ?? '';
  const body = await store.get(key, { signal });
  const what = `${key} in ${store.describe}`;
  if (!key.endsWith('.age')) {
    await unpack(body, what, to);
    return;
  }
  if (age === null) throw keyMissing({ what }, []);
  const packed = join(scratch, `${name}.zst`);
  await decryptStream({ age, from: body, what, to: packed, identities, signal });
  await unpack(createReadStream(packed), what, to);
  await rm(packed, { force: true });
}

async function unpack(body: Readable, what: string, to: string): Promise<void> {
  const plain = pipeline(body, createZstdDecompress(), () => undefined);
  await writeStream(plain, to).catch((cause: unknown) => {
    if (cause instanceof Failure) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const damaged = /^(ZSTD_|Z_)/.test(code);
    throw new Failure(damaged ? 'check' : 'unavailable', `${what} cannot be unpacked: ${code}`, { cause });
  });
}

async function requireRoom(into: string, names: readonly string[], segmentBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(into);
  const needed = names.length * segmentBytes;
  if (bavail * bsize > needed) return;
  throw new Failure(
    'unavailable',
    `no room for the log in ${into}: ${formatSize(bavail * bsize)} free, ${formatSize(needed)} needed`,
    { hint: `Free some space, or choose another folder; \`df -h ${into}\` shows it.`, retryable: false },
  );
}
