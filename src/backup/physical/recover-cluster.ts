import { Failure } from '../../base/index.js';
import {
  compareLsn,
  connectTo,
  launchCluster,
  logEnd,
  readFingerprint,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { RecoveryUntil } from './recovery-target.js';
import { waitForRecovery, type RecoveryProgress } from './watch-recovery.js';

export interface Recovered {
  /** Of the new cluster after promotion; the old one while paused. */
  readonly timeline: number;
  /** Last record that was replayed. */
  readonly recoveredTo: string;
}

/**
 * Starts a cluster that was restored and configured, and waits until it has recovered. Rejects with `check`, in the server's own
 * words, when its target is never reached, and when a recovery to the latest ended before a place that the log surely reaches.
 */
export async function recoverCluster(request: {
  readonly tools: PostgresTools;
  readonly into: ClusterLocation;
  readonly until: RecoveryUntil;
  /** Stay read only at the target instead of becoming a primary. */
  readonly pauseAtTarget?: boolean | undefined;
  /** Where the log is known to go at least; null: not known. */
  readonly atLeast: string | null;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: RecoveryProgress) => void) | undefined;
}): Promise<Recovered> {
  const { into, tools, until, atLeast, signal, progress, timeoutMs } = request;
  const paused = request.pauseAtTarget === true && until !== 'latest';
  const logFrom = await logEnd(into);
  const server = await launchCluster(tools, into, paused ? {} : { hot_standby: 'off' });
  await waitForRecovery({
    ...{ location: into, server, logFrom, timeoutMs, signal, progress },
    until: paused ? 'paused' : 'promoted',
  });
  const recoveredTo = await replayEnd(into);
  // A damaged record looks like the end of the log to a recovery: whoever asked for everything must get everything.
  if (until === 'latest' && atLeast !== null && compareLsn(recoveredTo, atLeast) < 0) {
    throw new Failure(
      'check',
      `recovery ended at ${recoveredTo}, but the WAL goes on at least to ${atLeast}: a record between them cannot be read`,
    );
  }
  return { recoveredTo, timeline: (await readFingerprint(into)).timeline };
}

async function replayEnd(location: ClusterLocation): Promise<string> {
  const session = await connectTo(location, { applicationName: 'firedrill restore', readOnly: true });
  try {
    const [row] = await session.query('select pg_last_wal_replay_lsn()::text as lsn');
    return textColumn(row, 'lsn');
  } finally {
    await session.end();
  }
}
