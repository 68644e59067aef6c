import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { compareLsn, formatLsn, type Lsn } from '../../postgres/index.js';
import {
  parseHistory,
  parseSegmentName,
  segmentName,
  segmentOf,
  type TimelineSwitch,
} from './wal-segments.js';

export interface WalRequest {
  readonly directory: string;
  readonly timeline: number;
  readonly fromLsn: Lsn;
  readonly segmentBytes: number;
  /** Segments of another system are not ours, whatever their names. */
  readonly systemIdentifier?: string;
  /** The WAL must reach this far; the server's current position, where it can be asked. */
  readonly toLsn?: Lsn;
}

export interface WalContinuity {
  readonly unbroken: boolean;
  /** Name of the first segment that is missing or wrong; null when unbroken. */
  readonly broken: string | null;
  readonly problem: string | null;
  readonly segments: number;
  /** End of the last complete segment. */
  readonly completeUntil: Lsn;
  /** Start of the last complete segment: a recovery to the latest that ends before it has missed something. */
  readonly lastCompleteStart: Lsn | null;
  /** A segment that is still being received follows. */
  readonly partial: string | null;
  readonly timeline: number;
}

/**
 * Looks whether every segment from a position on is there, whole and of this system, along the newest timeline that leads on
 * from the given one. A gap is a missing segment with a later one behind it, or an end before `toLsn`.
 */
export async function walContinuity(request: WalRequest): Promise<WalContinuity> {
  const { directory, segmentBytes } = request;
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new Failure('unavailable', `cannot read the WAL folder ${directory}`, { cause });
  });
  const present = new Set(names);
  const path = await newestPath(directory, names, request.timeline);
  const timelineAt = (number: bigint) =>
    path.find((leg) => leg.untilLsn === null || number < segmentOf(leg.untilLsn, segmentBytes))?.timeline ??
    request.timeline;
  const newest = path.at(-1)?.timeline ?? request.timeline;
  const last = highestSegment(names, new Set(path.map((leg) => leg.timeline)), segmentBytes);

  let number = segmentOf(request.fromLsn, segmentBytes);
  let segments = 0;
  let problem: string | null = null;
  let broken: string | null = null;
  for (; ; number += 1n) {
    const name = segmentName({ timeline: timelineAt(number), number }, segmentBytes);
    if (present.has(name)) {
      problem = await segmentProblem(join(directory, name), number, request);
      if (problem === null) {
        segments += 1;
        continue;
      }
      broken = name;
    } else if (last !== null && number < last) {
      [broken, problem] = [name, `segment ${name} is missing, later ones are there`];
    }
    break;
  }
  const partialName = `${segmentName({ timeline: timelineAt(number), number }, segmentBytes)}.partial`;
  const partial = broken === null && present.has(partialName) ? partialName : null;
  const completeUntil = formatLsn(number * BigInt(segmentBytes));
  if (broken === null && request.toLsn !== undefined && compareLsn(completeUntil, request.toLsn) < 0) {
    const reach = partial === null ? completeUntil : formatLsn((number + 1n) * BigInt(segmentBytes));
    if (compareLsn(reach, request.toLsn) < 0) {
      broken = segmentName({ timeline: timelineAt(number), number }, segmentBytes);
      problem = `the WAL ends at ${reach}, before ${request.toLsn}`;
    }
  }
  if (broken === null && segments === 0 && partial === null) {
    broken = segmentName({ timeline: timelineAt(number), number }, segmentBytes);
    problem = `segment ${broken} is missing`;
  }
  return {
    unbroken: broken === null,
    broken,
    problem,
    segments,
    completeUntil,
    lastCompleteStart: segments === 0 ? null : formatLsn((number - 1n) * BigInt(segmentBytes)),
    partial,
    timeline: newest,
  };
}

export interface Leg {
  readonly timeline: number;
  /** Where the next timeline begins; null for the last. */
  readonly untilLsn: Lsn | null;
}

/** The way a recovery to the latest timeline would take from `timeline` on, as the history files tell it. */
export async function newestPath(
  directory: string,
  names: readonly string[],
  timeline: number,
): Promise<Leg[]> {
  let best: { timeline: number; switches: TimelineSwitch[] } | null = null;
  for (const name of names) {
    const match = /^([0-9A-F]{8})\.history$/.exec(name);
    const child = match ? Number.parseInt(match[1] ?? '', 16) : 0;
    if (child <= timeline || (best !== null && child < best.timeline)) continue;
    const switches = parseHistory(await readFile(join(directory, name), 'utf8'));
    const from = switches.findIndex((one) => one.parent === timeline);
    if (from >= 0) best = { timeline: child, switches: switches.slice(from) };
  }
  if (best === null) return [{ timeline, untilLsn: null }];
  const legs = best.switches.map((one): Leg => ({ timeline: one.parent, untilLsn: one.switchLsn }));
  return [...legs, { timeline: best.timeline, untilLsn: null }];
}

/** Highest segment number there is, complete or partial, on the timelines of the path. */
export function highestSegment(
  names: readonly string[],
  timelines: ReadonlySet<number>,
  segmentBytes: number,
): bigint | null {
  let found: bigint | null = null;
  for (const name of names) {
    const segment = parseSegmentName(name.replace(/\.partial$/, ''), segmentBytes);
    if (segment === null || !timelines.has(segment.timeline)) continue;
    if (found === null || segment.number > found) found = segment.number;
  }
  return found;
}

/** Size and first page header (xlog_internal.h, XLogLongPageHeaderData): does the file hold what its name says? */
export async function segmentProblem(
  path: string,
  number: bigint,
  request: Pick<WalRequest, 'segmentBytes' | 'systemIdentifier'>,
): Promise<string | null> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const { size } = await stat(path);
  if (size !== request.segmentBytes)
    return `segment ${name} has ${size} bytes instead of ${request.segmentBytes}`;
  const file = await open(path, 'r');
  try {
    const { buffer: header } = await file.read(Buffer.alloc(40), 0, 40, 0);
    if (header.readBigUInt64LE(8) !== number * BigInt(request.segmentBytes))
      return `segment ${name} holds another part of the WAL`;
    const system = header.readBigUInt64LE(24).toString();
    const wanted = request.systemIdentifier;
    return wanted === undefined || wanted === system
      ? null
      : `segment ${name} belongs to system ${system}, not ${wanted}`;
  } finally {
    await file.close();
  }
}
