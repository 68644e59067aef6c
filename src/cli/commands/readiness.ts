import { readinessOf, type Readiness } from '../../assessment/index.js';
import { Exit } from '../exit.js';
import { readJobs } from '../jobs/read-jobs.js';
import { print, printJson, type CommonOptions } from '../output.js';
import { approve, type ApprovalOptions } from '../readiness/approve.js';
import { readBackups } from '../readiness/read-backups.js';
import { readProgramme } from '../readiness/read-programme.js';
import { readRuns } from '../readiness/read-runs.js';
import { readinessLines } from '../readiness/render-readiness.js';

export interface ReadinessOptions extends ApprovalOptions {
  readonly trust?: string;
}

/** `firedrill readiness`: what the programme’s evidence gives, and what there is no evidence for. It reads only. */
export async function readiness(own: ReadinessOptions, options: CommonOptions): Promise<void> {
  const result = await readinessAt(new Date(), own, options);
  if (options.format === 'json') printJson('readiness', result);
  else for (const line of readinessLines(result, options.colour)) print(line);
  if (result.ready) return;
  const open = result.conditions.filter((one) => !one.holds).length;
  throw new Exit('missed', `not ready: ${open} of ${result.conditions.length} conditions do not hold`);
}

/** As the programme stands; every period ends `now`. Rejects with exits `invalid` and `usage`, and with `refused` for the approver. */
export async function readinessAt(
  now: Date,
  own: ReadinessOptions,
  options: CommonOptions,
): Promise<Readiness> {
  const documents = readProgramme(options);
  const at = now.toISOString();
  const { runs, rejected } = await readRuns(options.directory, own.trust);
  const approval = approve(own, runs, options.directory, at);
  return readinessOf({
    ...{ ...documents, at, runs, rejected, approval },
    ...(await readBackups(options, now)),
    signersTrusted: own.trust !== undefined,
    jobs: readJobs(options.directory, now),
  });
}
