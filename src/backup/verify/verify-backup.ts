import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { killCluster, stopCluster, type ClusterLocation, type PostgresTools } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import { archivesOf, readThrough } from '../physical/archives.js';
import type { StagedSet } from '../set/backup-set.js';
import type { PhysicalManifest } from '../set/manifest.js';
import { restoreBackup } from '../physical/restore-backup.js';
import { fileProblems } from '../set/set-files.js';
import { setContinuity } from '../physical/newest-usable.js';
import { listBackups } from '../set/backup-set.js';
import { continueToLatest } from '../physical/continue-recovery.js';
import type { TrustedKeys } from '../set/signing.js';
import {
  judge,
  notRun,
  verificationTitles,
  type Outcome,
  type TestNumber,
  type Verification,
} from './verification.js';
import {
  compareComplete,
  compareContent,
  checkPages,
  checkStructure,
  checkUsable,
  type Freshness,
} from './verify-restored.js';
import { errorsInLog } from './verify-log.js';

export interface VerifyRequest {
  readonly tools: PostgresTools;
  readonly store: LocalStore;
  readonly set: StagedSet<PhysicalManifest>;
  readonly trusted: TrustedKeys;
  readonly walDirectory: string;
  /** Where the isolated test restore may be made; nothing may stand there, and nothing stays but a passfile that was there. */
  readonly scratch: ClusterLocation;
  readonly passwordFrom?: ClusterLocation;
  readonly freshness?: Freshness;
  /** Where the WAL must reach to, where the server can be asked. */
  readonly toLsn?: string;
  /** All but 2 unless told: sets of this kind are not encrypted. */
  readonly required?: readonly TestNumber[];
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

type Outcomes = { [n in TestNumber]?: Outcome };

const numbers: readonly TestNumber[] = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Runs the eight tests: on the files as they lie in the store, then on an isolated restore, stopped first where the
 * expectation was taken and then brought to the latest. Everything it started and made is gone when it returns or rejects.
 */
export async function verifyBackup(request: VerifyRequest): Promise<Verification> {
  const startedAt = new Date().toISOString();
  const outcomes: Outcomes = { 2: notRun('the set is not encrypted: there is nothing to decrypt') };
  outcomes[1] = await testPresent(request);
  outcomes[3] = await testReadable(request);
  let restoreMs: number | null = null;
  const { passfile } = request.scratch;
  // One that is there already belongs to somebody: other clusters may be reached through it.
  const ownPassfile = passfile !== null && !existsSync(passfile) ? passfile : null;
  try {
    if (outcomes[1].verdict === 'pass' && outcomes[3].verdict === 'pass')
      restoreMs = await testRestored(request, outcomes);
  } finally {
    await removeScratch(request);
    if (ownPassfile !== null) await rm(ownPassfile, { force: true });
  }
  const tests = numbers.map((n) => {
    const outcome = outcomes[n] ?? notRun('nothing was restored, because an earlier test failed');
    request.output?.(
      `test ${n}, ${verificationTitles[n]}: ${outcome.verdict}: ${outcome.evidence.slice(0, 3).join('; ')}\n`,
    );
    return { n, title: verificationTitles[n], ...outcome };
  });
  const required = request.required ?? numbers.filter((n) => n !== 2);
  const passed = required.every((n) => tests.some((test) => test.n === n && test.verdict === 'pass'));
  return {
    set: request.set.id,
    tests,
    passed,
    required,
    restoreMs,
    startedAt,
    endedAt: new Date().toISOString(),
  };
}

async function testPresent({ store, set, trusted, signal }: VerifyRequest): Promise<Outcome> {
  const { sets, broken } = await listBackups(store, trusted);
  const fresh = sets.find((one) => one.id === set.id);
  if (fresh === undefined)
    return judge([broken.find((one) => one.id === set.id)?.problem ?? 'it is not in the store'], []);
  const { files } = fresh.manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return judge(await fileProblems(set.directory, files, signal), [
    `${files.length} files, ${bytes} bytes, read again: size and SHA-256 as in the signed manifest`,
  ]);
}

async function testReadable({ set, walDirectory, toLsn, signal }: VerifyRequest): Promise<Outcome> {
  const problems: string[] = [];
  const seen: string[] = [];
  for (const file of archivesOf(set.files)) {
    try {
      seen.push(
        `${file.name}: ${(await readThrough(set.directory, file, signal)).members} members, read to the end`,
      );
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      problems.push(failure.message);
    }
  }
  const wal = await setContinuity(set, walDirectory, toLsn);
  if (wal.unbroken)
    seen.push(
      `WAL unbroken from ${set.manifest.wal.startLsn} to ${wal.completeUntil}, ${wal.segments} segments`,
    );
  else problems.push(wal.problem ?? 'the WAL is broken');
  return judge(problems, seen);
}

async function testRestored(request: VerifyRequest, outcomes: Outcomes): Promise<number | null> {
  const { tools, set, scratch, walDirectory, passwordFrom, signal, output } = request;
  const { manifest } = set;
  const common = { tools, set, walDirectory, into: scratch, isolate: true, pauseAtTarget: true };
  let restoreMs: number;
  try {
    const restored = await restoreBackup({
      ...common,
      until: { lsn: manifest.wal.expectationLsn },
      ...(passwordFrom === undefined ? {} : { passwordFrom }),
      ...(signal === undefined ? {} : { signal }),
      ...(output === undefined ? {} : { output }),
    });
    outcomes[4] = await attempt(async () => compareComplete(scratch, set));
    outcomes[6] = await attempt(async () => compareContent(scratch, manifest));
    const latest = await continueToLatest({ tools, location: scratch, signal });
    restoreMs = restored.durationMs + latest.durationMs;
    outcomes[5] = judge(await errorsInLog(scratch), [
      `restored in ${restoreMs} ms, to ${restored.recoveredTo} and on to ${latest.recoveredTo}; no error in the server's log`,
    ]);
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    outcomes[5] = judge([failure.message], []);
    return null;
  }
  outcomes[7] = await attempt(async () => checkStructure(tools, scratch, set, signal));
  outcomes[8] = await attempt(async () => checkUsable(scratch, request.freshness, restoreMs));
  if (outcomes[7].verdict === 'pass') {
    await stopCluster(tools, scratch, 'fast');
    const pages = await attempt(async () => checkPages(tools, scratch, signal));
    outcomes[7] = pages.verdict === 'pass' ? judge([], [...outcomes[7].evidence, ...pages.evidence]) : pages;
  }
  return restoreMs;
}

/** A test that cannot be carried out has failed, unless somebody stopped it. */
async function attempt(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return judge([failure.message], []);
  }
}

async function removeScratch({ scratch }: VerifyRequest): Promise<void> {
  await killCluster(scratch);
  const folders = [scratch.dataDirectory, `${scratch.dataDirectory}.tablespaces`, scratch.socketDirectory];
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
