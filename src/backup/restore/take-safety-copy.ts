import { Failure } from '../../base/index.js';
import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import type { BackupPolicy } from '../expectation/take-expectation.js';
import { takeLogicalBackup } from '../logical/take-logical-backup.js';
import { takeBackup } from '../physical/take-backup.js';
import type { Progress } from '../progress.js';
import { findBackup, inFolder } from '../set/backup-set.js';
import { safetySuffix } from '../set/safety-source.js';
import { fileProblems } from '../set/set-files.js';
import type { Signer, TrustedKeys } from '../set/signing.js';
import { readFiles } from '../verify/read-files.js';

export interface SafetyRequest {
  readonly tools: PostgresTools;
  /** Runs: of a cluster that does not, the data directory itself is the copy, set aside by a rename. */
  readonly location: ClusterLocation;
  /** One database, by a dump; the whole cluster, by a base backup. */
  readonly of:
    | { readonly kind: 'database'; readonly database: string }
    | { readonly kind: 'cluster'; readonly policy: BackupPolicy; readonly walDirectory: string };
  readonly store: LocalStore;
  readonly signer: Signer;
  readonly trusted: TrustedKeys;
  /** The policy’s or the environment’s name. */
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
  readonly output?: ((text: string | Uint8Array) => void) | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

export interface SafetyCopyTaken {
  readonly set: string;
  readonly bytes: number;
  /** What was looked at after it was written. */
  readonly evidence: readonly string[];
  readonly durationMs: number;
}

/**
 * A backup of what is there now, before anything is replaced; it counts once it was read again from the store: every file as its signed
 * manifest says, every archive and dump to its end. Rejects with `check` when that fails. It is never encrypted here: a copy that this
 * host cannot read again is no copy to come back to in a hurry.
 */
export async function takeSafetyCopy(request: SafetyRequest): Promise<SafetyCopyTaken> {
  const startedAt = performance.now();
  const { tools, store, trusted, of, signal } = request;
  request.progress?.({ stage: 'taking a safety copy' });
  const { manifest } = await take(request);
  const listed = await findBackup(store, trusted, manifest.id);
  const set = inFolder(store, listed);
  request.progress?.({ stage: 'reading the safety copy' });
  const problems = await fileProblems(set.directory, set.files, signal);
  const read = await readFiles(tools, set, signal);
  if (read.verdict !== 'pass') problems.push(...read.evidence);
  if (problems.length > 0)
    throw new Failure(
      'check',
      `safety copy ${set.id} cannot be relied on: ${problems.slice(0, 3).join('; ')}`,
      {
        hint: 'Nothing was replaced. Look at the disk of the store before anything else.',
      },
    );
  const what = of.kind === 'database' ? `database ${of.database}` : 'the cluster';
  request.output?.(`safety copy of ${what}: ${set.id}, read to its end\n`);
  return {
    set: set.id,
    bytes: set.files.reduce((sum, file) => sum + file.bytes, 0),
    evidence: [`${set.files.length} files, size and SHA-256 as in the signed manifest`, ...read.evidence],
    durationMs: performance.now() - startedAt,
  };
}

async function take(request: SafetyRequest): Promise<{ readonly manifest: { readonly id: string } }> {
  const { tools, location, store, signer, of, signal, output } = request;
  const common = {
    ...{ tools, location, store, signer, source: `${request.source}${safetySuffix}` },
    ...(signal === undefined ? {} : { signal }),
    ...(output === undefined ? {} : { output }),
  };
  if (of.kind === 'database') return takeLogicalBackup({ ...common, databases: [of.database] });
  return takeBackup({ ...common, kind: 'physical', policy: of.policy, walDirectory: of.walDirectory });
}
