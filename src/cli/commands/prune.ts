import { Failure } from '../../base/index.js';
import { leftScratch, removeLeft, type LeftScratch } from '../backup/left-scratch.js';
import { withScopes } from '../backup/open-scope.js';
import { operate, type OperationOptions, type Outcome, type Work } from '../backup/operation.js';
import { pruneKept, type KeptPruned } from '../backup/prune-kept.js';
import { noteGoing, pruneStore, type StorePruned } from '../backup/prune-store.js';
import { keptPrunedLines, scratchLines, storePrunedLines } from '../backup/render-prune.js';
import { storesOf, type BackupScope } from '../backup/scope.js';

/** `firedrill prune`: what goes and why the rest stays, store by store; with `--dry-run` nothing is touched. */
export async function prune(
  own: { readonly policy?: string; readonly environment?: string; readonly dryRun: boolean },
  options: OperationOptions,
): Promise<void> {
  const { dryRun, ...wanted } = own;
  await operate('prune', options, async (work) =>
    withScopes(options, { ...wanted, all: true }, async (scopes) => {
      // A lab has two policies of one name, whose sets are judged together.
      const apart = scopes.filter(
        (one, at) => scopes.findIndex((other) => other.policy === one.policy) === at,
      );
      const environments = [...new Set(apart.map((one) => one.environment))];
      const results: StorePruned[] = [];
      for (const environment of environments) {
        const mine = apart.filter((one) => one.environment === environment);
        results.push(
          ...(await withNeighbours(mine, options, async (all) => pruneAll(mine, all, dryRun, work))),
        );
      }
      const kept: KeptPruned[] = [];
      for (const environment of environments)
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

/** With every policy of the environment of these, whatever was asked for. A lab has no others. */
async function withNeighbours<T>(
  mine: readonly BackupScope[],
  options: OperationOptions,
  work: (all: readonly BackupScope[]) => Promise<T>,
): Promise<T> {
  const [first] = mine;
  if (first?.kind !== 'declared') return work(mine);
  return withScopes(options, { environment: first.environment, all: true }, work);
}

async function pruneAll(
  mine: readonly BackupScope[],
  neighbours: readonly BackupScope[],
  dryRun: boolean,
  work: Work,
): Promise<StorePruned[]> {
  const results: StorePruned[] = [];
  const going = new Map<string, Set<string>>();
  const files = new Set<string>();
  for (const scope of mine)
    for (const named of storesOf(scope)) {
      const gone = new Set([...(going.get(named.name) ?? []), ...files]);
      const one = await pruneStore({ scope, named, neighbours, dryRun, going: gone }, work);
      results.push(one);
      // Where it is done it is seen in the store itself, and what could not be removed is there.
      if (dryRun) noteGoing(one, going, files);
    }
  return results;
}

interface Done {
  readonly stores: readonly StorePruned[];
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
  const gone = results.flatMap((one) => one.done?.removed ?? []);
  const failure = notAll(results, dryRun);
  return {
    data: {
      ...{ dryRun, kept, scratch },
      stores: results.map((one) => ({ ...one, problem: one.problem?.message ?? null })),
    },
    lines: [
      ...results.flatMap((one) => storePrunedLines(one, colour)),
      ...kept.flatMap((one) => keptPrunedLines(one, colour)),
      ...(dryRun ? scratchLines(scratch, colour) : tidied),
    ],
    isAnswer: dryRun,
    log: dryRun ? 'looked only' : `${gone.length} sets removed`,
    ...(failure === null ? {} : { failure }),
  };
}

/** Null: everything was looked at, and went that should. */
function notAll(results: readonly StorePruned[], dryRun: boolean): Failure | null {
  const down = results.flatMap(({ store, policy, problem }) =>
    problem === null ? [] : [{ store, policy, problem }],
  );
  const left = results.flatMap((one) => one.done?.left ?? []);
  const said = [
    ...down.map(
      ({ store, policy, problem }) =>
        `store ${store} of policy ${policy} was not ${dryRun ? 'looked at' : 'pruned to the end'}: ${problem.message}`,
    ),
    ...(left.length === 0 ? [] : [`${left.length} could not be removed: ${left[0]?.problem ?? ''}`]),
  ];
  const [first] = down;
  if (said.length === 0) return null;
  const hint = first?.problem.hint ?? 'They stay until the store lets them go; the next prune tries again.';
  return new Failure(first?.problem.reason ?? 'unavailable', said.join('; '), { hint });
}
