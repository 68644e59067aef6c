import {
  keptClusters,
  planRemoval,
  removeOldSafetyCopies,
  safetyCopies,
  type SafetyPlaces,
} from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { Work } from './operation.js';
import type { BackupScope } from './scope.js';

/** What became of the databases and clusters that restores replaced. */
export interface KeptPruned {
  readonly environment: string;
  readonly plan: ReturnType<typeof planRemoval>;
  /** What could not be looked at or removed; null: nothing. The next prune tries again. */
  readonly problem: string | null;
}

/**
 * Removes the databases and clusters of one environment whose restore was accepted, and nothing else; with `dryRun` only says so. A
 * server that does not answer keeps nobody from pruning its sets: that is said, and nothing of it is removed.
 */
export async function pruneKept(
  scopes: readonly BackupScope[],
  dryRun: boolean,
  work: Work,
): Promise<KeptPruned> {
  const [scope] = scopes;
  let plan: KeptPruned['plan'] = { remove: [], keep: [] };
  if (scope === undefined) return { environment: '', plan, problem: null };
  const { environment, location, hasFiles } = scope;
  const keepForMs = Math.max(...scopes.map((one) => one.safetyMs));
  const problems: string[] = [];
  work.view.report({ stage: `looking at what restores replaced in ${environment}` });
  const go = async (places: SafetyPlaces, mayBeDown: boolean): Promise<void> => {
    try {
      const rule = { keepForMs, now: new Date() };
      let found = planRemoval(await safetyCopies(places), rule);
      if (!dryRun && found.remove.length > 0) {
        await scope.guard('remove what was accepted', { mayBeDown });
        found = await removeOldSafetyCopies(places, rule);
      }
      plan = { remove: [...plan.remove, ...found.remove], keep: [...plan.keep, ...found.keep] };
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
      problems.push(failure.message);
    }
  };
  await go({ location }, false);
  if (hasFiles) {
    const folders = await keptClusters(location.dataDirectory, ({ message }) => problems.push(message));
    await go({ clusters: folders.map((one) => one.directory) }, true);
  }
  return { environment, plan, problem: problems.length === 0 ? null : problems.join('; ') };
}
