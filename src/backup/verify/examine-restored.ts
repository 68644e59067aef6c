import { Failure } from '../../base/index.js';
import { stopCluster } from '../../postgres/index.js';
import type { StagedSet } from '../set/backup-set.js';
import { attempt } from './attempt.js';
import { checkPages, checkStructure } from './check-structure.js';
import { checkUsable } from './check-usable.js';
import { compareComplete } from './compare-complete.js';
import { compareContent } from './compare-content.js';
import { restoreIsolated } from './restore-isolated.js';
import type { Restored } from './restored.js';
import { judge, together, type Outcomes } from './verification.js';
import { errorsInLog } from './verify-log.js';
import type { VerifyRequest } from './verify-request.js';

/**
 * Tests 4 to 8, on a cluster restored beside everything: compared where the expectation was taken, then brought to the end of the log,
 * examined, written to, and stopped so that its pages can be read from disk. Gives how long the restore took; null: it failed.
 */
export async function examineRestored(
  request: VerifyRequest,
  set: StagedSet,
  walDirectory: string | null,
  outcomes: Outcomes,
): Promise<number | null> {
  const { tools, scratch: location, signal, progress } = request;
  const restored: Restored = { tools, location, set, signal };
  let restoreMs: number;
  try {
    progress?.({ stage: 'restoring' });
    const cluster = await restoreIsolated(request, set, walDirectory, 'compare');
    progress?.({ stage: 'comparing' });
    [outcomes[4], outcomes[6]] = await Promise.all([
      attempt(async () => compareComplete(restored)),
      attempt(async () => compareContent(location, set.manifest, signal)),
    ]);
    const on = (await cluster.goOn?.()) ?? null;
    restoreMs = cluster.restoreMs + (on?.durationMs ?? 0);
    const how = [cluster.said, ...(on === null ? [] : [on.said])].join(' ');
    outcomes[5] = judge(await errorsInLog(location), [
      `restored in ${restoreMs} ms, ${how}; no error in the server's log`,
    ]);
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    outcomes[5] = judge([failure.message], []);
    return null;
  }
  progress?.({ stage: 'checking the structure' });
  const structure = await attempt(async () => checkStructure(restored));
  outcomes[8] = await attempt(async () =>
    checkUsable({
      ...{ location, freshness: request.freshness, smoke: request.smoke, restoreMs },
      snapshotAt: snapshotOf(set),
    }),
  );
  await stopCluster(tools, location, 'fast');
  outcomes[7] = together([structure, await attempt(async () => checkPages(restored))]);
  return restoreMs;
}

/** A dump is as old as its snapshot; what a log follows is as old as the log's end, which only the data can tell. */
export function snapshotOf(set: Pick<StagedSet, 'manifest'>): string | null {
  return set.manifest.kind === 'logical' ? set.manifest.times.serverStarted : null;
}
