import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  makeOwnedDirectory,
  type ClusterLocation,
  type PostgresTools,
  type Settings,
} from '../../postgres/index.js';
import type { StagedSet } from '../set/backup-set.js';
import type { PhysicalManifest, SetFile } from '../set/manifest.js';
import { progressMeter } from '../set/progress-meter.js';
import { fileProblems } from '../set/set-files.js';
import { installRestoreScript } from '../wal/restore-command.js';
import { walContinuity, type WalContinuity } from '../wal/wal-continuity.js';
import { archivesOf } from './archives.js';
import { configureRestored, preparePassfile, unpackSet } from './prepare-restored.js';
import { recoverCluster, type Recovered } from './recover-cluster.js';
import { describeUntil, recoverySettings, requireReachable, type RecoveryUntil } from './recovery-target.js';
import { removeFailed, requirePlace } from './require-place.js';
import type { RecoveryProgress } from './watch-recovery.js';

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
  /** On top of what every restore switches off. */
  readonly settings?: Settings;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: RestoreProgress) => void;
}

export type RestoreProgress =
  | { readonly stage: 'checking' | 'starting' }
  | { readonly stage: 'unpacking'; readonly doneBytes?: number; readonly totalBytes?: number }
  | ({ readonly stage: 'replaying' } & RecoveryProgress);

export interface RestoreResult extends Recovered {
  readonly durationMs: number;
  readonly startedAt: string;
  readonly stages: { readonly checkMs: number; readonly unpackMs: number; readonly recoverMs: number };
}

/**
 * Makes a new, running cluster out of a backup set and the WAL. The bytes of the archives are hashed as they are unpacked
 * into the new place, everything else before: nothing starts on bytes that are not the manifest's. A failure stops what was
 * started and removes what was unpacked. Nothing that existed before is ever changed.
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
    const totalBytes = archivesOf(set.files).reduce((sum, file) => sum + file.bytes, 0);
    const meter = progressMeter((now) => progress?.({ ...now, stage: 'unpacking' }), 'unpacking', totalBytes);
    await unpackSet(set, into, { signal, passed: meter }).catch((failure: unknown) => {
      if (!(failure instanceof Failure) || failure.reason !== 'check') throw failure;
      throw new Failure('check', `backup ${set.id} is damaged: ${failure.message}`, { cause: failure });
    });
    const unpacked = performance.now();
    progress?.({ stage: 'starting' });
    say(`replaying WAL from ${set.manifest.wal.startLsn}, until ${describeUntil(until)}`);
    await prepareRecovery(request);
    const { tools, pauseAtTarget, timeoutMs } = request;
    const done = await recoverCluster({
      ...{ tools, into, until, pauseAtTarget, timeoutMs, signal, atLeast: wal.lastCompleteStart },
      progress: (now) => progress?.({ stage: 'replaying', ...now }),
    });
    const end = performance.now();
    say(`recovered to ${done.recoveredTo} on timeline ${done.timeline}`);
    const stages = {
      checkMs: ms(checked - start),
      unpackMs: ms(unpacked - checked),
      recoverMs: ms(end - unpacked),
    };
    return { ...done, durationMs: ms(end - start), startedAt, stages };
  } catch (failure) {
    await removeFailed(into);
    throw failure;
  }
}

const ms = Math.round;

async function checkBefore(request: RestoreRequest): Promise<WalContinuity> {
  const { into, set, until, signal, walDirectory, tools } = request;
  const { server, wal } = set.manifest;
  requireReachable(until, set.manifest);
  await requirePlace(into, set.manifest, tools);
  const archives = archivesOf(set.files);
  const small = set.files.filter((file) => !archives.includes(file));
  const problems = [
    ...(await sizeProblems(set.directory, archives)),
    ...(await fileProblems(set.directory, small, signal)),
  ];
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
    ...request.settings,
  });
}

async function sizeProblems(directory: string, files: readonly SetFile[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, bytes } of files) {
    const found = await stat(join(directory, name)).catch(() => null);
    if (found === null) problems.push(`${name} is missing`);
    else if (found.size !== bytes) problems.push(`${name} has ${found.size} bytes instead of ${bytes}`);
  }
  return problems;
}
