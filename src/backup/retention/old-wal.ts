import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Store } from '../../store/index.js';
import type { ListedSet } from '../set/backup-set.js';
import { parseSegmentName, segmentOf } from '../wal/wal-segments.js';

export interface OldWal {
  /** Keys in the store. */
  readonly keys: readonly string[];
  /** Files of the receiver's folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Why none of it goes, where that is so. */
  readonly staysBecause: string | null;
}

interface Start {
  readonly number: bigint;
  readonly segmentBytes: number;
}

/**
 * Segments that lie before the start of every set that stays. History files stay for ever: they are small, and tell the way
 * from one timeline to the next. Nothing goes for a system of which no physical set stays, or while some set cannot be judged.
 */
export async function oldWal(request: {
  readonly store: Store;
  readonly staying: readonly ListedSet[];
  readonly unclear: boolean;
  readonly walDirectory?: string;
  /** Sets of other stores that are restored with what lies in that folder. */
  readonly alsoThere?: readonly ListedSet[];
  /** Keys and files that go already. */
  readonly going?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}): Promise<OldWal> {
  const { store, staying, walDirectory, alsoThere = [], going = new Set(), signal } = request;
  const nothing = { keys: [], files: [], bytes: 0 };
  if (request.unclear) return { ...nothing, staysBecause: 'some sets of this store cannot be judged' };
  const starts = startsOf(staying);
  if (starts.size === 0) return { ...nothing, staysBecause: 'no physical set stays' };
  const keys: string[] = [];
  const files: string[] = [];
  let bytes = 0;
  let counted = 0;
  for await (const object of store.list('wal/', signal)) {
    const [, system = '', name = ''] = /^wal\/(\d+)\/([0-9A-F]{24})\.zst(?:\.age)?$/.exec(object.key) ?? [];
    const start = starts.get(system);
    if (start === undefined || !isBefore(name, start)) continue;
    if (going.has(object.key)) {
      counted += 1;
      continue;
    }
    keys.push(object.key);
    bytes += object.bytes;
  }
  const startsThere = startsOf([...staying, ...alsoThere]);
  for (const path of walDirectory === undefined ? [] : await segmentsIn(walDirectory)) {
    const start = startsThere.get(await systemOf(path));
    if (start === undefined || !isBefore(basename(path), start)) continue;
    if (going.has(path)) {
      counted += 1;
      continue;
    }
    files.push(path);
    bytes += (await stat(path)).size;
  }
  const rest = counted === 0 ? null : 'what no set needs goes already, as said above, and the rest is needed';
  return { keys, files, bytes, staysBecause: rest };
}

/** By system: the first segment that any set needs. */
function startsOf(sets: readonly ListedSet[]): Map<string, Start> {
  const starts = new Map<string, Start>();
  for (const { manifest } of sets) {
    if (manifest.kind !== 'physical') continue;
    const { systemIdentifier, walSegmentBytes: segmentBytes } = manifest.server;
    const number = segmentOf(manifest.wal.startLsn, segmentBytes);
    const known = starts.get(systemIdentifier);
    if (known === undefined || number < known.number) starts.set(systemIdentifier, { number, segmentBytes });
  }
  return starts;
}

function isBefore(name: string, { number, segmentBytes }: Start): boolean {
  const segment = parseSegmentName(name, segmentBytes);
  return segment !== null && segment.number < number;
}

async function segmentsIn(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => /^[0-9A-F]{24}$/.test(name));
  return names.sort().map((name) => join(directory, name));
}

/** Whose segment it is: its name is the same on every system (xlog_internal.h, XLogLongPageHeaderData). */
async function systemOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(32), 0, 32, 0);
    return bytesRead < 32 ? '' : buffer.readBigUInt64LE(24).toString();
  } finally {
    await file.close();
  }
}
