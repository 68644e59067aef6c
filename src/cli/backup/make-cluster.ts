import { join } from 'node:path';
import {
  requireKind,
  restoreBackup,
  restoreLogical,
  restoreRepository,
  stageWal,
  walContinuity,
  type ListedSet,
  type PhysicalManifest,
  type RecoveryUntil,
  type RestoreRequest,
  type StagedSet,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { openPolicyRepository } from './policy-repository.js';
import type { RestoreJob } from './restore-job.js';
import { isCopyOf } from './scope.js';
import type { ProgressView } from './show-progress.js';

/** Makes a new, isolated, running cluster of a set of any kind. Returns how far the log was replayed; null where none is. */
export async function makeCluster(
  job: RestoreJob,
  set: StagedSet,
  until: RecoveryUntil,
  common: Pick<RestoreRequest, 'tools' | 'into' | 'signal' | 'passwordFrom' | 'settings'> &
    Pick<ProgressView, 'report'>,
): Promise<string | null> {
  const { report, ...rest } = common;
  if (set.manifest.kind === 'physical') {
    const physical = requireKind(set, 'physical');
    const walDirectory = await logFor(job, physical, until);
    const done = await restoreBackup({
      ...{ ...rest, progress: report, set: physical, walDirectory, until, isolate: true },
    });
    return done.recoveredTo;
  }
  if (set.manifest.kind === 'pgbackrest') {
    const repository = await openPolicyRepository(job.scope, job.tools);
    const done = await restoreRepository({
      ...{ ...rest, repository, set: requireKind(set, 'pgbackrest') },
      ...{ progress: report, until, isolate: true },
    });
    return done.recoveredTo;
  }
  if (until !== 'latest')
    throw new Failure(
      'refused',
      `backup ${set.id} is ${set.manifest.kind}: it holds one moment, and no log follows it`,
      { hint: 'Choose a physical set for --to; `firedrill backups` lists them.' },
    );
  await restoreLogical({ ...rest, progress: report, set: requireKind(set, 'logical') });
  return null;
}

/**
 * The receiver's folder goes with the store where sets are made; with any other goes what was shipped there, unless that is a folder of
 * this machine, too, and the receiver's goes on further: it may have let go of what a copy still needs.
 */
export async function logFor(
  job: RestoreJob,
  set: ListedSet<PhysicalManifest>,
  until: RecoveryUntil,
): Promise<string> {
  const { found, scope, identities, stagingDirectory, work } = job;
  const { server, wal } = set.manifest;
  if (scope.wal !== null && found.at.store.kind === 'local') {
    const { directory } = scope.wal;
    const { systemIdentifier, walSegmentBytes: segmentBytes } = server;
    const { timeline, startLsn: fromLsn, stopLsn: toLsn } = wal;
    const reaches = async (): Promise<boolean> =>
      walContinuity({ directory, timeline, fromLsn, toLsn, segmentBytes, systemIdentifier }).then(
        ({ unbroken }) => unbroken,
        () => false,
      );
    if (!isCopyOf(scope, found.at) || (await reaches())) return directory;
  }
  work.view.report({ stage: `fetching the log from ${found.at.name}` });
  const staged = await stageWal({
    ...{ store: found.at.store, systemIdentifier: server.systemIdentifier, timeline: wal.timeline },
    ...{ fromLsn: wal.startLsn, segmentBytes: server.walSegmentBytes, into: join(stagingDirectory, 'wal') },
    ...{ identities, account: scope.location.account, signal: work.signal },
  });
  if (staged.gap !== null && until === 'latest') {
    throw new Failure(
      'check',
      `the log in ${found.at.name} lacks segment ${staged.gap}, and later ones are there`,
      {
        hint: 'Bring the segment there from the receiver’s folder or another copy, or say with --to how far the restore may go.',
      },
    );
  }
  return staged.directory;
}
