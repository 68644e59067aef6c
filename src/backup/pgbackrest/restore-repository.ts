import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { formatLsn, makeOwnedDirectory, type ClusterLocation, type Settings } from '../../postgres/index.js';
import { configureRestored, preparePassfile } from '../physical/prepare-restored.js';
import { recoverCluster } from '../physical/recover-cluster.js';
import {
  describeUntil,
  recoverySettings,
  requireReachable,
  type RecoveryUntil,
} from '../physical/recovery-target.js';
import { removeFailed, requirePlace } from '../physical/require-place.js';
import type { RestoreProgress, RestoreResult } from '../physical/restore-backup.js';
import type { ListedSet } from '../set/backup-set.js';
import type { RepositoryManifest } from '../set/manifest.js';
import { parseSegmentName } from '../wal/wal-segments.js';
import { asideOptions, installArchiveScript } from './archive-script.js';
import type { Repository } from './open-repository.js';
import type { RepositoryListing } from './repository-info.js';

export interface RepositoryRestoreRequest {
  readonly repository: Repository;
  readonly set: ListedSet<RepositoryManifest>;
  /** Where the new cluster is made; its data directory must be missing or empty. */
  readonly into: ClusterLocation;
  readonly until: RecoveryUntil;
  /** Listens on this machine only; for side instances and verification. */
  readonly isolate: boolean;
  /** Whose passfile has the password, when `into.passfile` is not there yet. */
  readonly passwordFrom?: ClusterLocation;
  /** Stay read only at the target instead of becoming a primary. */
  readonly pauseAtTarget?: boolean;
  /** On top of what every restore switches off. */
  readonly settings?: Settings;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: RestoreProgress) => void;
}

/**
 * Makes a new, running cluster out of a backup in a repository and the WAL in it. pgBackRest checks every file against its own
 * manifest as it copies it; segments are checked here. A failure stops what was started and removes what was copied. The new cluster
 * archives nothing, into the repository least of all, and nothing that existed before is changed.
 */
export async function restoreRepository(request: RepositoryRestoreRequest): Promise<RestoreResult> {
  const { repository, into, set, until, signal, output, progress } = request;
  const { tools } = repository;
  const startedAt = new Date().toISOString();
  const start = performance.now();
  progress?.({ stage: 'checking' });
  requireReachable(until, set.manifest);
  await requirePlace(into, set.manifest, tools);
  const listing = await repository.list(signal);
  requirePresent(set, listing);
  await preparePassfile(into, request.passwordFrom);
  const checked = performance.now();
  try {
    progress?.({ stage: 'unpacking' });
    await copyOut(request);
    const unpacked = performance.now();
    progress?.({ stage: 'starting' });
    output?.(`replaying WAL from ${set.manifest.wal.startLsn}, until ${describeUntil(until)}\n`);
    const script = await installArchiveScript(repository, requireArchive(set, listing), into);
    try {
      await configureRestored(into, set.manifest, {
        restore_command: script.command,
        ...recoverySettings(until, request.pauseAtTarget === true ? 'pause' : 'promote'),
        ...(request.isolate ? { listen_addresses: '127.0.0.1' } : {}),
        ...request.settings,
      });
      const { pauseAtTarget, timeoutMs } = request;
      const done = await recoverCluster({
        ...{ tools, into, until, pauseAtTarget, timeoutMs, signal },
        atLeast: startOfNewest(set.manifest, listing),
        progress: (now) => progress?.({ stage: 'replaying', ...now }),
      });
      const end = performance.now();
      const stages = { checkMs: checked - start, unpackMs: unpacked - checked, recoverMs: end - unpacked };
      return {
        ...done,
        durationMs: Math.round(end - start),
        startedAt,
        stages: {
          checkMs: Math.round(stages.checkMs),
          unpackMs: Math.round(stages.unpackMs),
          recoverMs: Math.round(stages.recoverMs),
        },
      };
    } finally {
      // While it is paused it may yet be taken further, and asks for more WAL.
      if (request.pauseAtTarget !== true) await script.forget();
    }
  } catch (failure) {
    await removeFailed(into);
    throw failure;
  }
}

function requirePresent(set: ListedSet<RepositoryManifest>, listing: RepositoryListing): void {
  const { label, needs, stanza } = set.manifest.repository;
  const there = new Set(listing.backups.map((one) => one.label));
  const gone = [label, ...needs].filter((one) => !there.has(one));
  if (gone.length === 0) return;
  throw new Failure(
    'check',
    `backup ${set.id} is not in the repository of ${stanza} any more: ${gone.join(', ')} is missing`,
    {
      hint: 'pgBackRest removes backups by its own retention; choose a newer set.',
    },
  );
}

async function copyOut({ repository, into, set, signal, output }: RepositoryRestoreRequest): Promise<void> {
  const tablespaces = `${into.dataDirectory}.tablespaces`;
  const folders = [
    into.socketDirectory,
    into.dataDirectory,
    tablespaces,
    join(into.socketDirectory, 'pgbackrest'),
  ];
  for (const folder of folders) await makeOwnedDirectory(folder, into.account);
  await repository.run(
    'restore',
    [
      ...asideOptions(into),
      '--log-level-file=off',
      '--log-level-console=warn',
      `--repo=${set.manifest.repository.repo}`,
      `--set=${set.manifest.repository.label}`,
      // How far it recovers is written by whoever recovers it, in one place for every kind of set.
      '--type=none',
      `--tablespace-map-all=${tablespaces}`,
    ],
    { signal, output },
  );
}

function requireArchive(set: ListedSet<RepositoryManifest>, { archive }: RepositoryListing): string {
  if (archive !== null) return archive.id;
  throw new Failure('check', `there is no WAL in the repository of ${set.manifest.repository.stanza}`);
}

/** The newest segment of the backup's own timeline must be reached by whoever asked for everything. */
function startOfNewest({ wal, server }: RepositoryManifest, { archive }: RepositoryListing): string | null {
  const newest = archive === null ? null : parseSegmentName(archive.last, server.walSegmentBytes);
  if (newest?.timeline !== wal.timeline) return null;
  return formatLsn(newest.number * BigInt(server.walSegmentBytes));
}
