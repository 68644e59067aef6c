import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, createZstdCompress } from 'node:zlib';
import { pipeline } from 'node:stream';
import { Failure } from '../../base/index.js';
import { processIdentity } from '../../children/index.js';
import { formatLsn, type Lsn } from '../../postgres/index.js';
import type { Store } from '../../store/index.js';
import { findAge } from '../encryption/age-tool.js';
import { encryptStream } from '../encryption/encrypt-files.js';
import { recipientKeys } from '../encryption/recipients.js';
import { inParallel } from '../set/in-parallel.js';
import { tryAgain } from '../set/try-again.js';
import { writeStream } from '../set/write-stream.js';
import { listStoredWal, walKey } from './stored-wal.js';
import { segmentProblem } from './wal-continuity.js';
import { parseSegmentName } from './wal-segments.js';

export interface ShipRequest {
  /** Where the receiver writes. */
  readonly walDirectory: string;
  readonly store: Store;
  readonly systemIdentifier: string;
  readonly segmentBytes: number;
  /** age recipients; none: compressed only. */
  readonly recipients?: readonly string[];
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

export interface ShippedWal {
  /** Segments and histories that were brought now. */
  readonly shipped: number;
  /** That were there before. */
  readonly already: number;
  /** Where the newest complete segment of the newest timeline ends; null: there is none. What is still being received is not shipped. */
  readonly upTo: Lsn | null;
}

const atOnce = 3;
const attempts = 4;

/**
 * Brings complete segments and history files into a store, compressed, and encrypted where there are recipients; histories
 * first. What lies there is never overwritten. A segment that is not what its name says is not shipped: the others are, then this
 * rejects with `check` and names it.
 */
export async function shipWal(request: ShipRequest): Promise<ShippedWal> {
  const { walDirectory, store, systemIdentifier, segmentBytes, signal, output } = request;
  const keys =
    request.recipients === undefined || request.recipients.length === 0
      ? null
      : recipientKeys(request.recipients);
  const age = keys === null ? null : await findAge();
  const stored = await listStoredWal(store, systemIdentifier, signal);
  const names = await completeNames(walDirectory, segmentBytes);
  const waiting = names.filter((name) => !stored.has(name));
  await removeLeftOvers();
  const scratch = await mkdtemp(join(tmpdir(), `${scratchName}${process.pid}-`));
  const problems: string[] = [];
  const ship = async (name: string, either: AbortSignal): Promise<void> => {
    const path = join(walDirectory, name);
    const segment = parseSegmentName(name, segmentBytes);
    const problem = segment === null ? null : await segmentProblem(path, segment.number, request);
    if (problem !== null) {
      problems.push(problem);
      return;
    }
    const ready = join(scratch, name);
    // No stage of it lies compressed and unencrypted on a disk where the log itself may not lie.
    const packed = pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), zstd(), () => undefined);
    if (age === null || keys === null) await writeStream(packed, ready);
    else await encryptStream({ age, from: packed, what: path, to: ready, recipients: keys, signal: either });
    const key = walKey(systemIdentifier, name, age !== null);
    await tryAgain(async (attempt) => putOnce(store, key, ready, attempt, either), {
      ...{ attempts, signal: either },
      onRetry: (failure) => output?.(`trying again: ${failure.message}\n`),
    });
    await rm(ready, { force: true });
  };
  try {
    await inParallel(
      waiting.filter((name) => name.endsWith('.history')),
      atOnce,
      ship,
      signal,
    );
    await inParallel(
      waiting.filter((name) => !name.endsWith('.history')),
      atOnce,
      ship,
      signal,
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  if (problems.length > 0) {
    throw new Failure(
      'check',
      `not everything in ${walDirectory} can be shipped: ${problems.sort().join('; ')}`,
      {
        hint: 'These segments are not of this server or are damaged: find out whose they are before a backup counts on them.',
      },
    );
  }
  return {
    shipped: waiting.length,
    already: names.length - waiting.length,
    upTo: newestEnd(names, segmentBytes),
  };
}

const scratchName = 'firedrill-wal-';

/** What a killed shipper of our own left; that of a living one, or of another user, stays. */
async function removeLeftOvers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^firedrill-wal-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || processIdentity(Number(pid)) !== null) continue;
    const path = join(tmpdir(), name);
    const { uid } = await lstat(path).catch(() => ({ uid: -1 }));
    if (uid === process.getuid?.()) await rm(path, { recursive: true, force: true });
  }
}

/** The receiver renames a segment when it is complete and durable. */
async function completeNames(directory: string, segmentBytes: number): Promise<string[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new Failure('unavailable', `cannot read the WAL folder ${directory}`, { cause });
  });
  return names
    .filter((name) => /^[0-9A-F]{8}\.history$/.test(name) || parseSegmentName(name, segmentBytes) !== null)
    .sort();
}

/** An attempt whose answer was lost may have arrived; nobody else ships this segment of this system. */
async function putOnce(
  store: Store,
  key: string,
  path: string,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  if (attempt > 1 && (await store.head(key)) !== null) return;
  await store.putFile(key, path, { signal });
}

const zstd = () => createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });

function newestEnd(names: readonly string[], segmentBytes: number): Lsn | null {
  const last = names.flatMap((name) => parseSegmentName(name, segmentBytes) ?? []).at(-1);
  return last === undefined ? null : formatLsn((last.number + 1n) * BigInt(segmentBytes));
}
