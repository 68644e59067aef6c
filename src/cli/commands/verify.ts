import { join, resolve } from 'node:path';
import {
  holdStore,
  proveSet,
  recordVerification,
  requireIdentities,
  verifySet,
  type Proof,
  type Verification,
} from '../../backup/index.js';
import { findTools } from '../../postgres/index.js';
import { chooseStores } from '../backup/choose-store.js';
import { toned } from '../backup/colour.js';
import { findSet, type FoundSet } from '../backup/find-set.js';
import { operate, type OperationOptions, type Work } from '../backup/operation.js';
import { openPolicyRepository } from '../backup/policy-repository.js';
import { proofLines, proofSummary, testLines, verificationSummary } from '../backup/render-verification.js';
import { isCopyOf, type BackupScope } from '../backup/scope.js';
import { withScratch } from '../backup/scratch-place.js';
import { noteLines, spreadNotes, type NoteSent } from '../backup/spread-notes.js';
import { Exit } from '../exit.js';
import { withObservedScope } from '../jobs/observed-scope.js';

export interface VerifyOptions {
  readonly environment?: string;
  readonly policy?: string;
  readonly store?: string;
  readonly full: boolean;
  /** Runs the negative controls after a full verification that passed. */
  readonly prove: boolean;
  readonly identity: readonly string[];
}

/**
 * `firedrill verify [set]`: the eight tests, each with its evidence. Exit 0 only when every test that the scope requires passed; a
 * partial verification says that it is one, and leaves no note that the set was verified.
 */
export async function verify(given: string, own: VerifyOptions, options: OperationOptions): Promise<void> {
  const job = { job: 'verify', full: own.full || own.prove } as const;
  await operate('verify', options, async (work) =>
    withObservedScope(job, options, own, async (first, scopes) => {
      const stores = chooseStores(scopes, own.store);
      const mine = scopes.map((one) => one.policy);
      const found = await findSet(given, stores, first.trusted(), {
        fits: (set) => mine.includes(set.manifest.source),
        signal: work.signal,
      });
      const scope =
        scopes.find(
          (one) => one.policy === found.set.manifest.source && one.way === found.set.manifest.kind,
        ) ??
        scopes.find((one) => one.policy === found.set.manifest.source) ??
        first;
      const { result, proof, noted, sent } = await examineAndNote(found, scope, own, options, work);
      const unproved = proof !== null && proof.caught < proof.total;
      const summary = `${verificationSummary(result)}${proof === null ? '' : proofSummary(proof)}`;
      const failed = !result.passed || unproved;
      const tone = result.scope === 'full' ? 'good' : 'doubtful';
      return {
        data: {
          ...result,
          proof,
          store: found.at.name,
          where: found.at.store.describe,
          noted,
          sent,
          doubts: found.doubts,
        },
        lines: [
          `${found.set.manifest.kind} backup ${found.set.id} in ${found.at.name} (${found.at.store.describe})`,
          ...found.doubts.map((line) => toned(`warning: ${line}`, 'doubtful', options.colour)),
          ...testLines(result, options.colour),
          ...(proof === null ? [] : proofLines(proof, options.colour)),
          ...(noted === null ? [] : [noted, ...noteLines(sent, scope.policy)].map((line) => `  ${line}`)),
          // One that failed is the failure of the command, which is said on the other stream, and there alone.
          ...(failed ? [] : [toned(summary, tone, options.colour)]),
        ],
        log: summary,
        set: found.set.id,
        ...(failed ? { failure: new Exit('missed', summary) } : {}),
      };
    }),
  );
}

interface Noted extends Examined {
  /** In words; null: no note was made. */
  readonly noted: string | null;
  readonly sent: readonly NoteSent[];
}

/** The store is held until the note is there: a prune in between would leave a note without its set. */
async function examineAndNote(
  found: FoundSet,
  scope: BackupScope,
  own: VerifyOptions,
  options: OperationOptions,
  work: Work,
): Promise<Noted> {
  const { set, at } = found;
  const turn = await holdStore(at.store, {
    ...{ work: 'verify', purpose: `verification of ${set.id}`, signal: work.signal },
    onWait: (other) => work.view.say(`waiting for store ${at.name}: ${other.purpose} on ${other.host}`),
  });
  try {
    const examined = await examine(found, scope, own, options, work);
    const { result, proof } = examined;
    // Tests that do not notice faults have verified nothing.
    const noted = proof !== null && proof.caught < proof.total ? null : await note(found, scope, result);
    return { ...examined, noted, sent: noted === null ? [] : await spreadNotes(found, scope, work) };
  } finally {
    await turn.release().catch(() => undefined);
  }
}

interface Examined {
  readonly result: Verification;
  /** Null: not asked for, or of a set that is not sound, which proves nothing about the tests. */
  readonly proof: Proof | null;
}

async function examine(
  { set, at }: FoundSet,
  scope: BackupScope,
  own: VerifyOptions,
  options: OperationOptions,
  { signal, view }: Work,
): Promise<Examined> {
  const tools = await findTools();
  const typed = own.identity.map((file) => resolve(options.directory, file));
  // A file that is not there says nothing about the backup: no test may fail for it.
  await requireIdentities(typed);
  const full = own.full || own.prove;
  const repository = set.manifest.kind === 'pgbackrest' ? await openPolicyRepository(scope, tools) : null;
  const common = {
    ...{ tools, set, store: at.store, trusted: scope.trusted(), signal },
    identities: typed.length > 0 ? typed : scope.identities,
    // What was shipped is judged where it lies; the receiver's folder is what goes with the store where sets are made.
    ...(scope.wal === null || at.store.kind !== 'local' || isCopyOf(scope, at)
      ? {}
      : { walDirectory: scope.wal.directory }),
    passwordFrom: scope.location,
    ...(repository === null ? {} : { repository }),
    ...(scope.freshness === null ? {} : { freshness: scope.freshness }),
    ...(scope.smoke.length === 0 ? {} : { smoke: scope.smoke }),
    progress: view.report,
  };
  const result = await withScratch(scope.location, async ({ cluster, stagingDirectory }) =>
    verifySet({
      ...{ ...common, full, scratch: cluster, stagingDirectory },
      ...(scope.required === null || !full ? {} : { required: scope.required }),
    }),
  );
  if (!own.prove || !result.passed) return { result, proof: null };
  const proof = await withScratch(scope.location, async ({ cluster, stagingDirectory }) =>
    proveSet({ ...common, scratch: cluster, stagingDirectory: join(stagingDirectory, 'proof') }),
  );
  return { result, proof };
}

/** A note beside the set, signed by the verifier's key where this machine has one, else by its own; in words, null: none was made. */
async function note({ set, at }: FoundSet, scope: BackupScope, result: Verification): Promise<string | null> {
  if (!result.passed || result.scope !== 'full') return null;
  const verifier = scope.verifier();
  const signer = verifier ?? scope.signer();
  await recordVerification(at.store, set, result, signer);
  if (signer.keyId !== set.signedBy) return `noted beside the set, countersigned by ${signer.keyId}`;
  const own = `noted beside the set, signed by the key that made it (${signer.keyId})`;
  return set.manifest.encryption.length === 0
    ? `${own}: a verifier elsewhere should countersign`
    : `${own}: of an encrypted set that counts for nothing, and the list calls it unverified, until a verifier elsewhere countersigns`;
}
