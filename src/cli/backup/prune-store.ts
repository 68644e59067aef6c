import {
  goingBy,
  lastVerification,
  listBackups,
  planPrune,
  planRemoval,
  prune as removePlanned,
  removeOldSafetyCopies,
  safetyCopies,
  type ListedSet,
  type Pruned,
  type PrunePlan,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { Work } from './operation.js';
import { storesOf, type BackupScope, type NamedStore } from './scope.js';
import { hold } from './take-set.js';

/** What became of one store of one policy. */
export interface StorePruned {
  readonly policy: string;
  readonly store: string;
  /** Null: nobody could look. */
  readonly plan: PrunePlan | null;
  /** Null: nothing was to be removed, or `--dry-run`. */
  readonly done: Pruned | null;
  /** What restores replaced or took before; null for stores that hold none. */
  readonly safety: ReturnType<typeof planRemoval> | null;
  /** What kept it from being looked at or pruned; null: nothing. */
  readonly problem: Failure | null;
}

export interface StoreJob {
  readonly scope: BackupScope;
  readonly named: NamedStore;
  /** All policies of the environment, whatever was asked for: they may lean on the same log. */
  readonly neighbours: readonly BackupScope[];
  readonly dryRun: boolean;
  /** What earlier plans of the same look remove. */
  readonly going: ReadonlySet<string>;
}

/** Prunes one store of one policy, or only says what would go. A store that fails is said in the result: it must not keep the others. */
export async function pruneStore(job: StoreJob, work: Work): Promise<StorePruned> {
  const { scope, named } = job;
  const common = { policy: scope.policy, store: named.name };
  work.view.report({ stage: `looking at ${named.name}` });
  try {
    return { ...common, ...(await looked(job, work)) };
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return { ...common, plan: null, done: null, safety: null, problem: failure };
  }
}

async function looked(job: StoreJob, work: Work): Promise<Omit<StorePruned, 'policy' | 'store'>> {
  const { scope, named, dryRun } = job;
  const { store } = named;
  const places = { store, trusted: scope.trusted(), source: scope.policy };
  const rule = { keepForMs: scope.safetyMs, now: new Date() };
  const isLocal = store.kind === 'local';
  if (dryRun) {
    const safety = isLocal ? planRemoval(await safetyCopies(places), rule) : null;
    return { plan: await look(job, work), done: null, safety, problem: null };
  }
  const turn = await hold(named, { work: 'prune', purpose: `pruning of ${scope.policy}` }, work);
  try {
    // What may go is decided while nobody else can change what there is.
    const plan = await look(job, work);
    const done = await removePlanned(store, plan, { signal: work.signal });
    if (!isLocal) return { plan, done, safety: null, problem: null };
    return await removeOldSafetyCopies(places, rule).then(
      (safety) => ({ plan, done, safety, problem: null }),
      (failure: unknown) => {
        if (!(failure instanceof Failure)) throw failure;
        // What went before it is gone, and is said.
        return { plan, done, safety: null, problem: failure };
      },
    );
  } finally {
    await turn.release().catch(() => undefined);
  }
}

async function look({ scope, named, neighbours, going }: StoreJob, { signal }: Work): Promise<PrunePlan> {
  const { store, keepForMs } = named;
  const { found, unheard } = await verifiedIn(scope, named, signal);
  const log = await receivedLog(scope, named, neighbours, signal);
  const plan = await planPrune({
    ...{ store, trusted: scope.trusted(), now: new Date(), source: scope.policy, signal, going },
    ...{ verifiedElsewhere: found, unheard },
    retention: { keep: scope.keep, forMs: keepForMs },
    ...(log === null || typeof log === 'string'
      ? {}
      : { walDirectory: log.directory, alsoThere: log.alsoThere }),
  });
  return typeof log === 'string' ? { ...plan, warnings: [...plan.warnings, log] } : plan;
}

/** A set is known to work wherever it was verified; a store that is silent now is named. */
async function verifiedIn(
  scope: BackupScope,
  { name }: NamedStore,
  signal: AbortSignal,
): Promise<{ readonly found: ReadonlyMap<string, string>; readonly unheard: readonly string[] }> {
  const found = new Map<string, string>();
  const unheard: string[] = [];
  for (const other of storesOf(scope)) {
    if (other.name === name) continue;
    try {
      for (const set of (await listBackups(other.store, scope.trusted(), signal)).sets) {
        const note = await lastVerification(other.store, set, scope.trusted(), signal);
        if (note !== null) found.set(set.id, note.at);
      }
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      unheard.push(`store ${other.name}`);
    }
  }
  return { found, unheard };
}

/**
 * The receiver's folder, and the sets of other stores that are restored with what lies there. Null: this store does not lean on it. A
 * text says why nothing may go from it now: what another store needs is not known.
 */
async function receivedLog(
  { wal, store }: BackupScope,
  named: NamedStore,
  neighbours: readonly BackupScope[],
  signal: AbortSignal,
): Promise<{ readonly directory: string; readonly alsoThere: readonly ListedSet[] } | string | null> {
  if (wal === null || named.name !== store?.name) return null;
  const alsoThere: ListedSet[] = [];
  const seen = new Set([named.name]);
  for (const other of neighbours) {
    if (other.store === null || other.wal?.directory !== wal.directory || seen.has(other.store.name))
      continue;
    seen.add(other.store.name);
    const listed = await listBackups(other.store.store, other.trusted(), signal).catch((failure: unknown) => {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      return null;
    });
    const why = listed === null ? 'could not be read' : 'holds sets that cannot be judged';
    if (listed === null || listed.broken.length > 0)
      return `nothing goes from ${wal.directory}: store ${other.store.name} ${why}, and its sets may need it`;
    alsoThere.push(...listed.sets);
  }
  return { directory: wal.directory, alsoThere };
}

/** Adds what a plan removes to what is gone in its store, and to what is gone from folders that several stores share. */
export function noteGoing(
  { store, plan }: StorePruned,
  going: Map<string, Set<string>>,
  files: Set<string>,
): void {
  if (plan === null) return;
  const known = going.get(store) ?? new Set<string>();
  for (const one of goingBy(plan)) known.add(one);
  going.set(store, known);
  for (const file of plan.wal.files) files.add(file);
}
