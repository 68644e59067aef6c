import { rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, formatSize } from '../../base/index.js';
import {
  compareLsn,
  connectTo,
  killCluster,
  launchCluster,
  logEnd,
  makeOwnedDirectory,
  readFingerprint,
  requireEmptyTarget,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { makeDurableFolder } from '../../store/index.js';
import type { StagedSet } from '../set/backup-set.js';
import type { PhysicalManifest } from '../set/manifest.js';
import { configureRestored, preparePassfile, unpackSet } from './prepare-restored.js';
import { describeUntil, recoverySettings, requireReachable, type RecoveryUntil } from './recovery-target.js';
import { installRestoreScript } from '../wal/restore-command.js';
import { fileProblems } from '../set/set-files.js';
import { waitForRecovery, type RecoveryProgress } from './watch-recovery.js';
import { walContinuity, type WalContinuity } from '../wal/wal-continuity.js';

export interface RestoreRequest {
  readonly tools: PostgresTools;
  readonly set: StagedSet<PhysicalManifest>;
  readonly walDirectory: string;
  /** Where the new cluster is made; its data directory must be missing or empty. */
  readonly into: ClusterLocation;
  readonly until: RecoveryUntil;
  /** Listens on this machine only; for side instances and verification. */
  readonly isolate: boolean;
  /** Whose passfile has the password, when `into.passfile` is not there yet. */
  readonly passwordFrom?: ClusterLocation;
  /** Stay read only at the target instead of becoming a primary. */
  readonly pauseAtTarget?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: RestoreProgress) => void;
}

export type RestoreProgress =
  | { readonly stage: 'checking' | 'unpacking' | 'starting' }
  | ({ readonly stage: 'replaying' } & RecoveryProgress);

export interface RestoreResult {
  /** Of the new cluster after promotion; the old one while paused. */
  readonly timeline: number;
  /** Last record that was replayed. */
  readonly recoveredTo: string;
  readonly durationMs: number;
  readonly startedAt: string;
  readonly stages: { readonly checkMs: number; readonly unpackMs: number; readonly recoverMs: number };
}

/**
 * Makes a new, running cluster out of a backup set and the WAL. The set's files are hashed before anything is touched; a
 * failure stops what was started and removes what was unpacked. Nothing that existed before is ever changed.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoreResult> {
  const { into, set, until, signal, progress, output } = request;
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const say = (text: string) => output?.(`${text}\n`);
  progress?.({ stage: 'checking' });
  say(`checking backup ${set.id} and its WAL`);
  const wal = await checkBefore(request);
  const checked = performance.now();
  try {
    progress?.({ stage: 'unpacking' });
    say(`unpacking into ${into.dataDirectory}`);
    await unpackSet(set, into, signal);
    const unpacked = performance.now();
    progress?.({ stage: 'starting' });
    say(`replaying WAL from ${set.manifest.wal.startLsn}, until ${describeUntil(until)}`);
    await prepareRecovery(request);
    const done = await recover(request, wal);
    const end = performance.now();
    say(`recovered to ${done.recoveredTo} on timeline ${done.timeline}`);
    const stages = {
      checkMs: ms(checked - start),
      unpackMs: ms(unpacked - checked),
      recoverMs: ms(end - unpacked),
    };
    return { ...done, durationMs: ms(end - start), startedAt, stages };
  } catch (failure) {
    await killCluster(into).catch(() => []);
    await rm(into.dataDirectory, { recursive: true, force: true });
    await rm(`${into.dataDirectory}.tablespaces`, { recursive: true, force: true });
    throw failure;
  }
}

const ms = Math.round;

async function checkBefore(request: RestoreRequest): Promise<WalContinuity> {
  const { into, set, until, signal, walDirectory, tools } = request;
  const { server, wal } = set.manifest;
  await requireEmptyTarget(into.dataDirectory);
  await requireEmptyTarget(`${into.dataDirectory}.tablespaces`);
  if (server.major !== tools.major) {
    throw new Failure(
      'refused',
      `backup ${set.id} is of PostgreSQL ${server.major}, the programs here are of ${tools.major}`,
    );
  }
  requireReachable(until, set.manifest);
  await requireRoom(into, server.bytes);
  const problems = await fileProblems(set.directory, set.files, signal);
  if (problems.length > 0) throw new Failure('check', `backup ${set.id} is damaged: ${problems.join('; ')}`);
  const continuity = await walContinuity({
    directory: walDirectory,
    timeline: wal.timeline,
    fromLsn: wal.startLsn,
    segmentBytes: server.walSegmentBytes,
    systemIdentifier: server.systemIdentifier,
    toLsn: wal.stopLsn,
  });
  if (!continuity.unbroken)
    throw new Failure('check', `the WAL of backup ${set.id} is broken: ${continuity.problem ?? ''}`);
  await preparePassfile(into, request.passwordFrom);
  return continuity;
}

async function requireRoom(into: ClusterLocation, bytes: number): Promise<void> {
  const parent = dirname(into.dataDirectory);
  await makeDurableFolder(parent);
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize > bytes) return;
  throw new Failure(
    'unavailable',
    `no room for a restore in ${parent}: ${formatSize(bavail * bsize)} free, ${formatSize(bytes)} needed`,
    { retryable: false },
  );
}

async function prepareRecovery(request: RestoreRequest): Promise<void> {
  const { into, set, walDirectory, until, isolate } = request;
  await makeOwnedDirectory(into.socketDirectory, into.account);
  const script = join(into.socketDirectory, 'restore-wal');
  const command = await installRestoreScript(
    script,
    walDirectory,
    set.manifest.server.walSegmentBytes,
    into.account,
  );
  await configureRestored(into, set.manifest, {
    restore_command: command,
    ...recoverySettings(until, request.pauseAtTarget === true ? 'pause' : 'promote'),
    ...(isolate ? { listen_addresses: '127.0.0.1' } : {}),
  });
}

async function recover(
  request: RestoreRequest,
  wal: WalContinuity,
): Promise<Pick<RestoreResult, 'timeline' | 'recoveredTo'>> {
  const { into, tools, until, signal, progress, timeoutMs } = request;
  const paused = request.pauseAtTarget === true && until !== 'latest';
  const logFrom = await logEnd(into);
  const server = await launchCluster(tools, into, paused ? {} : { hot_standby: 'off' });
  await waitForRecovery({
    location: into,
    server,
    logFrom,
    until: paused ? 'paused' : 'promoted',
    timeoutMs,
    signal,
    progress: (now) => progress?.({ stage: 'replaying', ...now }),
  });
  const recoveredTo = await replayEnd(into);
  // A damaged record looks like the end of the log to a recovery: whoever asked for everything must get everything.
  if (
    until === 'latest' &&
    wal.lastCompleteStart !== null &&
    compareLsn(recoveredTo, wal.lastCompleteStart) < 0
  ) {
    throw new Failure(
      'check',
      `recovery ended at ${recoveredTo}, but the WAL goes on at least to ${wal.lastCompleteStart}: a record between them cannot be read`,
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
