import type { JobObservation } from '../../assessment/index.js';
import { withScope } from '../backup/open-scope.js';
import type { Wanted } from '../backup/choose-policy.js';
import type { OperationOptions, Outcome } from '../backup/operation.js';
import type { BackupScope } from '../backup/scope.js';
import { aboutJob, observeJob } from './observe-job.js';

/** As `withScope`, and what becomes of the work is noted in the log of jobs. `full`: of a verification, all eight tests. */
export async function withObservedScope(
  { job, full = false }: { readonly job: JobObservation['job']; readonly full?: boolean },
  options: OperationOptions,
  wanted: Wanted,
  work: (scope: BackupScope, others: readonly BackupScope[]) => Promise<Outcome>,
): Promise<Outcome> {
  return withScope(options, wanted, async (scope, others) =>
    observeJob(options, aboutJob(job, others, full), async () => {
      const value = await work(scope, others);
      return { value, set: value.set ?? null, failed: value.failure !== undefined };
    }),
  );
}
