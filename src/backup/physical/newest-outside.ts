import { Failure } from '../../base/index.js';
import { compareLsn, formatLsn } from '../../postgres/index.js';
import type { Store } from '../../store/index.js';
import { listBackups, requireKind, type ListedSet } from '../set/backup-set.js';
import type { PhysicalManifest } from '../set/manifest.js';
import type { TrustedKeys } from '../set/signing.js';
import { lastVerification } from '../set/verification-record.js';
import { fetchFiles } from '../verify/fetch-files.js';
import { listStoredWal } from '../wal/stored-wal.js';
import { segmentName, segmentOf } from '../wal/wal-segments.js';

export interface ChosenOutside {
  readonly set: ListedSet<PhysicalManifest>;
  /** Where the unbroken log that lies beside it ends (LSN). */
  readonly logUntil: string;
  readonly segments: number;
  /** When this very set last passed its verification; null when it never did. */
  readonly verifiedAt: string | null;
  /** Newer sets that were passed over, and why. */
  readonly rejected: readonly { readonly id: string; readonly problem: string }[];
}

/**
 * The newest set of a store on another machine that is whole: every byte of it was read there and is as its signed manifest says, and
 * the log that it needs follows it. Nothing is decrypted. Rejects with `check` when there is none, naming what is wrong with each.
 */
export async function newestOutside(request: {
  readonly store: Store;
  readonly trusted: TrustedKeys;
  readonly signal?: AbortSignal;
}): Promise<ChosenOutside> {
  const { store, trusted } = request;
  const { sets, broken } = await listBackups(store, trusted);
  const rejected: { id: string; problem: string }[] = [];
  for (const listed of sets) {
    if (listed.manifest.kind !== 'physical') continue;
    const set = requireKind(listed, 'physical');
    const log = await logBehind(store, set);
    if (typeof log === 'string') {
      rejected.push({ id: set.id, problem: log });
      continue;
    }
    const { verdict, evidence } = await fetchFiles({ ...request, set, into: null });
    if (verdict === 'pass') {
      const verifiedAt = (await lastVerification(store, set, trusted))?.at ?? null;
      return { set, ...log, verifiedAt, rejected };
    }
    rejected.push({ id: set.id, problem: evidence.join('; ') });
  }
  const all = [...rejected, ...broken].map((one) => `${one.id}: ${one.problem}`);
  throw new Failure(
    'check',
    `no usable backup in ${store.describe}${all.length === 0 ? '' : `: ${all.join('; ')}`}`,
    { hint: 'Look for an older store, or another region.' },
  );
}

/** The log from the set's start on, of its own timeline, to its end or its first gap; a text says what it lacks. */
async function logBehind(
  store: Store,
  { manifest: { server, wal } }: ListedSet<PhysicalManifest>,
): Promise<{ logUntil: string; segments: number } | string> {
  const { walSegmentBytes: size, systemIdentifier } = server;
  const stored = await listStoredWal(store, systemIdentifier);
  let number = segmentOf(wal.startLsn, size);
  let segments = 0;
  for (; stored.has(segmentName({ timeline: wal.timeline, number }, size)); number += 1n) segments += 1;
  const logUntil = formatLsn(number * BigInt(size));
  if (segments > 0 && compareLsn(logUntil, wal.expectationLsn) >= 0) return { logUntil, segments };
  return `segment ${segmentName({ timeline: wal.timeline, number }, size)}, which it needs, is not there`;
}
