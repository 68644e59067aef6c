import { Failure } from '../../base/index.js';
import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import { continueToLatest } from '../physical/continue-recovery.js';
import type { RecoveryUntil } from '../physical/recovery-target.js';
import { restoreBackup, type RestoreRequest } from '../physical/restore-backup.js';
import type { Progress } from '../progress.js';
import type { StagedSet } from '../set/backup-set.js';
import type { PhysicalManifest } from '../set/manifest.js';
import { compareComplete } from '../verify/compare-complete.js';
import { compareContent } from '../verify/compare-content.js';

export interface BesideRequest {
  readonly tools: PostgresTools;
  readonly set: StagedSet<PhysicalManifest>;
  /** Folder of the log; asked for once the server is stopped, where it is, so that it has everything. */
  readonly walDirectory: () => Promise<string>;
  /** In service, running or not. */
  readonly current: ClusterLocation;
  readonly until: RecoveryUntil;
  readonly signal?: AbortSignal;
  readonly output?: (text: string) => void;
  readonly progress?: (progress: Progress) => void;
}

/**
 * A running cluster at `side`, replayed as far as was asked. On the way to the latest commit it is held where the set's expectation was
 * taken and compared there, content and structure; a place that somebody chose may lie before that, so there nothing is compared.
 */
export async function restoreBeside(
  request: BesideRequest,
  side: ClusterLocation,
): Promise<{ readonly recoveredTo: string; readonly evidence: string[] }> {
  const { tools, set, current, until, signal, progress, output } = request;
  const restoring: RestoreRequest = {
    ...{ tools, set, into: side, until, isolate: true, passwordFrom: current },
    walDirectory: await request.walDirectory(),
    ...(signal === undefined ? {} : { signal }),
    ...(progress === undefined ? {} : { progress }),
    ...(output === undefined
      ? {}
      : { output: (text) => (typeof text === 'string' ? output(text.trimEnd()) : undefined) }),
  };
  if (until !== 'latest') {
    const { recoveredTo } = await restoreBackup(restoring);
    return {
      recoveredTo,
      evidence: ['not compared with the manifest: it describes another place in the log'],
    };
  }
  const lsn = set.manifest.wal.expectationLsn;
  await restoreBackup({ ...restoring, until: { lsn }, pauseAtTarget: true });
  progress?.({ stage: 'comparing' });
  const outcomes = [
    await compareContent(side, set.manifest, signal),
    await compareComplete({ tools, location: side, set, signal }),
  ];
  const problems = outcomes.filter((one) => one.verdict === 'fail').flatMap((one) => one.evidence);
  if (problems.length > 0)
    throw new Failure(
      'check',
      `the restored cluster is not what backup ${set.id} says: ${problems.slice(0, 3).join('; ')}`,
      { hint: 'Look at it with `firedrill restore --into <folder>`, or restore an older backup.' },
    );
  const evidence = outcomes.flatMap((one) =>
    one.evidence.map((text) => (one.verdict === 'not-run' ? `not compared: ${text}` : text)),
  );
  progress?.({ stage: 'replaying the rest of the log' });
  const { recoveredTo } = await continueToLatest({ tools, location: side, signal });
  return { recoveredTo, evidence };
}
