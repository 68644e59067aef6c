import { copyFile, link, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../base/index.js';
import { formatLsn, parseLsn, type Lsn } from './lsn.js';
import { runTool } from './run-tool.js';
import type { PostgresTools } from './tools.js';

/** One record of the write-ahead log as pg_waldump prints it. */
export interface WalRecord {
  /** The resource manager's name, such as `Heap`. */
  readonly kind: string;
  readonly xid: number;
  readonly lsn: Lsn;
  readonly what: string;
}

/** The segments of one stretch of the log, gathered in a folder of links; `remove` it after use. */
export interface WalStretch {
  readonly directory: string;
  readonly timeline: number;
  readonly start: Lsn;
  readonly to: Lsn;
  /** Whether all the segments before it that were asked for are there, so that asking for more may give more. */
  readonly reachesBack: boolean;
  remove(): Promise<void>;
}

export interface WalStretchRequest {
  /** Folders with segments; the first that has one counts. What a receiver has not completed yet counts last. */
  readonly places: readonly string[];
  readonly timeline: number;
  readonly segmentBytes: number;
  readonly from: Lsn;
  readonly to: Lsn;
  /** How many segments before the one of `from`, as far as they are there. */
  readonly segmentsBefore: number;
}

/** Gathers the segments; rejects with `unavailable` when one between `from` and `to` is in none of the places. */
export async function walStretch(request: WalStretchRequest): Promise<WalStretch> {
  const size = BigInt(request.segmentBytes);
  const [first, last] = [parseLsn(request.from) / size, (parseLsn(request.to) - 1n) / size];
  const directory = await mkdtemp(join(tmpdir(), 'firedrill-wal-'));
  const remove = async () => rm(directory, { recursive: true, force: true });
  const take = async (number: bigint): Promise<boolean> => {
    const name = segmentFile(request.timeline, number, size);
    const complete = request.places.map((place) => join(place, name));
    // Once more at the end: what was being received may have been completed between two looks.
    for (const path of [...complete, ...complete.map((one) => `${one}.partial`), ...complete]) {
      if ((await stat(path).catch(() => null))?.size !== request.segmentBytes) continue;
      if (await keep(path, join(directory, name))) return true;
    }
    return false;
  };
  try {
    for (let number = first; number <= last; number += 1n) {
      if (await take(number)) continue;
      const name = segmentFile(request.timeline, number, size);
      throw new Failure('unavailable', `segment ${name} of the log is not in ${request.places.join(' or ')}`);
    }
    let start = first;
    while (first - start < BigInt(request.segmentsBefore) && start > 1n && (await take(start - 1n)))
      start -= 1n;
    const reachesBack = first - start === BigInt(request.segmentsBefore);
    return {
      directory,
      timeline: request.timeline,
      start: formatLsn(start * size),
      to: request.to,
      reachesBack,
      remove,
    };
  } catch (failure) {
    await remove();
    throw failure;
  }
}

/**
 * The same file under a name of our own: a receiver renames a segment that it completes, and a link to its former name would lead nowhere
 * in the middle of the reading. On another file system a segment that is being received is copied. False: it is not there any more.
 */
async function keep(path: string, as: string): Promise<boolean> {
  try {
    await link(path, as).catch(async () =>
      path.endsWith('.partial') ? copyFile(path, as) : symlink(path, as),
    );
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return false;
    throw cause;
  }
}

export interface WalReading {
  readonly tools: PostgresTools;
  readonly kinds: readonly string[];
  /** Only records whose description fits. */
  readonly what: RegExp;
  /** Only records of this one (`tablespace/database/file`). */
  readonly relation?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads records of these resource managers. */
export async function readWal(wal: WalStretch, options: WalReading): Promise<WalRecord[]> {
  const records: WalRecord[] = [];
  await eachWalRecord(wal, options, (record) => void records.push(record));
  return records;
}

/** The same without keeping them: a log is longer than memory. Times in it are UTC. */
export async function eachWalRecord(
  wal: WalStretch,
  { tools, kinds, what, relation, signal }: WalReading,
  take: (record: WalRecord) => void,
): Promise<void> {
  const only = relation !== undefined && tools.major >= 15 ? [`--relation=${relation}`] : [];
  const range = ['-p', wal.directory, '-t', String(wal.timeline), '-s', wal.start, '-e', wal.to];
  let rest = '';
  const takeLine = (line: string): void => {
    const match = /^rmgr: (\w+)\s.*? tx:\s*(\d+), lsn: ([0-9A-F]+\/[0-9A-F]+), .*?desc: (.*)$/.exec(line);
    if (!what.test(match?.[4] ?? '')) return;
    if (!match || (relation !== undefined && !line.includes(` rel ${relation} `))) return;
    take({ kind: match[1] ?? '', xid: Number(match[2]), lsn: match[3] ?? '', what: match[4] ?? '' });
  };
  await runTool(tools, 'pg_waldump', [...range, ...kinds.flatMap((kind) => ['-r', kind]), ...only], {
    location: null,
    signal,
    env: { TZ: 'UTC' },
    onOutput: (chunk) => {
      const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(takeLine);
    },
  });
  takeLine(rest);
}

/** 24 hex digits: timeline, high and low part of the segment's number (xlog_internal.h, XLogFileName). */
function segmentFile(timeline: number, number: bigint, segmentBytes: bigint): string {
  const perId = 0x1_0000_0000n / segmentBytes;
  return [BigInt(timeline), number / perId, number % perId]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}
