import {
  lastVerification,
  listBackups,
  planPrune,
  prune as removePlanned,
  planRemoval,
  removeOldSafetyCopies,
  safetyCopies,
  type PrunePlan,
  type Pruned,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { withScopes } from '../backup/open-scope.js';
import { operate, type OperationOptions, type Outcome, type Work } from '../backup/operation.js';
import { leftScratch, removeLeft, type LeftScratch } from '../backup/left-scratch.js';
import { pruneKept, type KeptPruned } from '../backup/prune-kept.js';
import {
  keptPrunedLines,
  prunedLines,
  pruneLines,
  safetyLines,
  scratchLines,
} from '../backup/render-prune.js';
import { storesOf, type BackupScope, type NamedStore } from '../backup/scope.js';
import { hold } from '../backup/take-set.js';

interface OneStore {
  readonly policy: string;
  readonly store: string;
  readonly plan: PrunePlan;
  /** Null: nothing was to be removed, or `--dry-run`. */
  readonly done: Pruned | null;
  /** What restores replaced or took before; null for stores that hold none. */
  readonly safety: ReturnType<typeof planRemoval> | null;
}

/** `firedrill prune`: what goes and why the rest stays, store by store; with `--dry-run` nothing is touched. */
export async function prune(
  own: { readonly policy?: string; readonly environment?: string; readonly dryRun: boolean },
  options: OperationOptions,
): Promise<void> {
  const { dryRun, ...wanted } = own;
  await operate('prune', options, async (work) =>
    withScopes(options, { ...wanted, all: true }, async (scopes) => {
      const results: OneStore[] = [];
      // A lab has two policies of one name, whose sets are judged together.
      const apart = scopes.filter(
        (one, at) => scopes.findIndex((other) => other.policy === one.policy) === at,
      );
      for (const scope of apart)
        for (const store of storesOf(scope)) results.push(await pruneStore(scope, store, dryRun, work));
      const kept: KeptPruned[] = [];
      for (const environment of new Set(apart.map((one) => one.environment)))
        kept.push(
          await pruneKept(
            apart.filter((one) => one.environment === environment),
            dryRun,
            work,
          ),
        );
      const scratch = await leftScratch();
      const tidied: string[] = [];
      if (!dryRun) for (const one of scratch) tidied.push(...(await removeLeft(one)));
      return outcome({ stores: results, kept, scratch, tidied }, dryRun, options);
    }),
  );
}

async function pruneStore(
  scope: BackupScope,
  named: NamedStore,
  dryRun: boolean,
  work: Work,
): Promise<OneStore> {
  const { store, keepForMs } = named;
  work.view.report({ stage: `looking at ${named.name}` });
  const look = async (): Promise<PrunePlan> =>
    planPrune({
      ...{ store, trusted: scope.trusted(), now: new Date(), source: scope.policy },
      verifiedElsewhere: await verifiedIn(scope, named, work.signal),
      signal: work.signal,
      retention: { keep: scope.keep, forMs: keepForMs },
      ...(store.kind !== 'local' || scope.wal === null ? {} : { walDirectory: scope.wal.directory }),
    });
  const common = { policy: scope.policy, store: named.name };
  const places = { store, trusted: scope.trusted(), source: scope.policy };
  const rule = { keepForMs: scope.safetyMs, now: new Date() };
  const isLocal = store.kind === 'local';
  if (dryRun) {
    const safety = isLocal ? planRemoval(await safetyCopies(places), rule) : null;
    return { ...common, plan: await look(), done: null, safety };
  }
  const turn = await hold(named, { work: 'prune', purpose: `pruning of ${scope.policy}` }, work);
  try {
    // What may go is decided while nobody else can change what there is.
    const plan = await look();
    const done = await removePlanned(store, plan, { signal: work.signal });
    const safety = isLocal ? await removeOldSafetyCopies(places, rule) : null;
    return { ...common, plan, done, safety };
  } finally {
    await turn.release().catch(() => undefined);
  }
}

/** A set is known to work wherever it was verified; a store that is silent now says nothing. */
async function verifiedIn(
  scope: BackupScope,
  { name }: NamedStore,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const other of storesOf(scope)) {
    if (other.name === name) continue;
    try {
      for (const set of (await listBackups(other.store, scope.trusted(), signal)).sets) {
        const note = await lastVerification(other.store, set, scope.trusted(), signal);
        if (note !== null) found.set(set.id, note.at);
      }
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    }
  }
  return found;
}

interface Done {
  readonly stores: readonly OneStore[];
  readonly kept: readonly KeptPruned[];
  readonly scratch: readonly LeftScratch[];
  /** What was done about it. */
  readonly tidied: readonly string[];
}

function outcome(
  { stores: results, kept, scratch, tidied }: Done,
  dryRun: boolean,
  { colour }: OperationOptions,
): Outcome {
  const left = results.flatMap((one) => one.done?.left ?? []);
  const gone = results.flatMap((one) => one.done?.removed ?? []);
  return {
    data: { dryRun, stores: results, kept, scratch },
    lines: [
      ...results.flatMap((one) => [
        ...pruneLines(one.policy, one.store, one.plan, colour),
        ...(one.safety === null ? [] : safetyLines(one.safety, colour)),
        ...(one.done === null ? [] : prunedLines(one.done)),
      ]),
      ...kept.flatMap((one) => keptPrunedLines(one, colour)),
      ...(dryRun ? scratchLines(scratch, colour) : tidied),
    ],
    isAnswer: dryRun,
    log: dryRun ? 'looked only' : `${gone.length} sets removed`,
    ...(left.length === 0
      ? {}
      : {
          failure: new Failure(
            'unavailable',
            `${left.length} could not be removed: ${left[0]?.problem ?? ''}`,
            {
              hint: 'They stay until the store lets them go; the next prune tries again.',
            },
          ),
        }),
  };
}
