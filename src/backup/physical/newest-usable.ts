import { Failure } from '../../base/index.js';
import type { PhysicalManifest } from '../set/manifest.js';
import type { LocalStore } from '../../store/index.js';
import { archivesOf, readThrough } from './archives.js';
import { inFolder, listBackups, requireKind, type ListedSet, type StagedSet } from '../set/backup-set.js';
import { fileProblems } from '../set/set-files.js';
import type { TrustedKeys } from '../set/signing.js';
import { lastVerification } from '../set/verification-record.js';
import { walContinuity, type WalContinuity } from '../wal/wal-continuity.js';

export interface ChosenBackup {
  readonly set: StagedSet<PhysicalManifest>;
  readonly wal: WalContinuity;
  /** When this very set last passed its verification; null when it never did. */
  readonly verifiedAt: string | null;
  /** Newer sets that were passed over, and why. */
  readonly rejected: readonly { readonly id: string; readonly problem: string }[];
}

export interface ChoiceRequest {
  readonly store: LocalStore;
  readonly trusted: TrustedKeys;
  readonly walDirectory: string;
  /** The WAL must reach this far, where it is known. */
  readonly toLsn?: string;
  /** `newest-usable` unless told; `last-verified` takes only sets whose verification is on record. */
  readonly which?: 'newest-usable' | 'last-verified';
  /** Only sets complete before this time, ISO 8601: before the damage. */
  readonly before?: string;
  readonly signal?: AbortSignal;
}

/**
 * The newest set that is present, identical to its manifest, readable to the end, and followed by unbroken WAL. Rejects with
 * `check` when there is none, naming what is wrong with each.
 */
export async function newestUsable(request: ChoiceRequest): Promise<ChosenBackup> {
  const { store, trusted, which, before } = request;
  const { sets, broken } = await listBackups(store, trusted);
  const rejected: { id: string; problem: string }[] = [];
  for (const listed of sets) {
    if (listed.manifest.kind !== 'physical') continue;
    const set = inFolder(store, requireKind(listed, 'physical'));
    const verifiedAt = (await lastVerification(store, set, trusted))?.at ?? null;
    const tooNew = before !== undefined && Date.parse(set.manifest.times.engineEnded) >= Date.parse(before);
    if (tooNew) rejected.push({ id: set.id, problem: `it was taken after ${before}` });
    else if (which === 'last-verified' && verifiedAt === null)
      rejected.push({ id: set.id, problem: 'it was never verified' });
    else {
      const found = await examine(request, set);
      if (typeof found !== 'string') {
        // Ids begin with the time: what has lost its manifest, or its signature, is newer all the same.
        const unlisted = broken.filter((one) => one.id > set.id);
        return { set, wal: found, verifiedAt, rejected: [...unlisted, ...rejected] };
      }
      rejected.push({ id: set.id, problem: found });
    }
  }
  const all = [...rejected, ...broken].map((one) => `${one.id}: ${one.problem}`);
  throw new Failure(
    'check',
    `no usable backup in ${store.describe}${all.length === 0 ? '' : `: ${all.join('; ')}`}`,
    {
      hint:
        all.length === 0
          ? 'There is nothing to come back to in this store; look for another one.'
          : 'Look for an older store, or another region.',
    },
  );
}

/** The WAL's state when the set is usable, else what is wrong. Cheap checks first. */
async function examine(
  request: ChoiceRequest,
  set: StagedSet<PhysicalManifest>,
): Promise<WalContinuity | string> {
  const wal = await setContinuity(set, request.walDirectory, request.toLsn);
  if (!wal.unbroken) return wal.problem ?? 'its WAL is broken';
  const problems = await fileProblems(set.directory, set.files, request.signal);
  if (problems.length > 0) return problems.join('; ');
  for (const file of archivesOf(set.files)) {
    const unreadable = await readThrough(set.directory, file, request.signal).then(
      () => null,
      (cause: unknown) => {
        if (cause instanceof Failure && cause.reason === 'exit-code') return cause.message;
        throw cause;
      },
    );
    if (unreadable !== null) return unreadable;
  }
  return wal;
}

/** The WAL from a set's start on. */
export async function setContinuity(
  set: ListedSet<PhysicalManifest>,
  walDirectory: string,
  toLsn?: string,
): Promise<WalContinuity> {
  const { server, wal } = set.manifest;
  return walContinuity({
    directory: walDirectory,
    timeline: wal.timeline,
    fromLsn: wal.startLsn,
    segmentBytes: server.walSegmentBytes,
    systemIdentifier: server.systemIdentifier,
    toLsn: toLsn ?? wal.expectationLsn,
  });
}
