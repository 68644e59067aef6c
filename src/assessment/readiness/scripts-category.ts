import { percentage } from '../formulas.js';
import type { Judged } from './judge-run.js';
import { newestFirst, withinDays } from './periods.js';
import {
  fromRun,
  line,
  unmeasured,
  type JobObservation,
  type ReadinessInputs,
  type ReadinessLine,
  type ReadinessWorking,
} from './readiness-inputs.js';

const days = 30;
const lastRestores = 4;

/** One execution that came to a result, however it was seen. */
interface Execution {
  readonly succeeded: boolean;
  readonly at: string;
  readonly source: string;
}

/** Script quality: how often backup, restore and verification did what they are for. */
export function scriptsCategory(inputs: ReadinessInputs, judged: readonly Judged[]): ReadinessWorking {
  const parts = [
    { weight: 40, ...rated('backups', `in ${days} days`, backupsOf(inputs), unreadOf(inputs)) },
    { weight: 40, ...rated('restores', 'the last four', restoresOf(inputs, judged), aside(inputs, judged)) },
    { weight: 20, ...rated('verifications', `in ${days} days`, verificationsOf(inputs), []) },
  ];
  return {
    key: 'scripts',
    title: 'Script quality',
    formula:
      '0.4 · % of backups that succeeded in 30 days + 0.4 · % of the last four restores that succeeded + 0.2 · % of full verifications that succeeded in 30 days; each needs at least one real execution',
    points: parts.reduce((sum, { weight, points }) => sum + (weight * points) / 100, 0),
    inputs: parts.flatMap((one) => one.lines),
  };
}

function rated(
  id: string,
  period: string,
  executions: readonly Execution[],
  remarks: readonly ReadinessLine[],
): { readonly points: number; readonly lines: readonly ReadinessLine[] } {
  const good = executions.filter((one) => one.succeeded).length;
  if (executions.length === 0)
    return { points: 0, lines: [unmeasured(id, `no execution is known (${period})`), ...remarks] };
  const points = percentage(good, executions.length);
  const said = `${good} of ${executions.length} succeeded (${period})`;
  return {
    points,
    lines: [
      line(
        id,
        said,
        points,
        executions.map((one) => one.source),
      ),
      ...remarks,
    ],
  };
}

/** What this machine saw, and sets that nobody saw being made: of those, failed attempts are not known. */
function backupsOf({ jobs, sets, at }: ReadinessInputs): Execution[] {
  const seen = ownJobs(jobs, 'backup');
  const known = new Set(seen.map((one) => one.set));
  const found = unique(sets).filter((set) => !known.has(set.id));
  return newestFirst([
    ...seen.filter((one) => one.outcome !== 'running' && one.outcome !== 'not-run').map(executionOf),
    ...found.map((set) => ({
      ...{ succeeded: true, at: set.takenAt },
      source: `manifest ${set.id} in ${set.store}`,
    })),
  ]).filter((one) => withinDays(one.at, at, days));
}

/** A restore that a guard stopped never began. */
function restoresOf({ jobs, at }: ReadinessInputs, judged: readonly Judged[]): Execution[] {
  const byHand = ownJobs(jobs, 'restore').filter(
    (one) => !['running', 'not-run', 'refused'].includes(one.outcome),
  );
  const drilled = judged
    .filter((one) => one.counts)
    .flatMap(({ run }) =>
      run.restores.map((one) => ({
        ...{ succeeded: one.succeeded, at: one.at },
        source: `${fromRun(run, one.evidence)} (${one.step})`,
      })),
    );
  return newestFirst([...byHand.map(executionOf), ...drilled])
    .filter((one) => Date.parse(one.at) <= Date.parse(at))
    .slice(0, lastRestores);
}

function verificationsOf({ jobs, sets, at }: ReadinessInputs): Execution[] {
  const seen = ownJobs(jobs, 'verify').filter(
    (one) => one.full && !['running', 'not-run'].includes(one.outcome),
  );
  const known = new Set(seen.filter((one) => one.outcome === 'succeeded').map((one) => one.set));
  const noted = unique(sets).flatMap((set) =>
    set.verifiedAt === null || known.has(set.id)
      ? []
      : [{ succeeded: true, at: set.verifiedAt, source: `note beside ${set.id} in ${set.store}` }],
  );
  return newestFirst([...seen.map(executionOf), ...noted]).filter((one) => withinDays(one.at, at, days));
}

/** What is shown and counts nothing: restores of runs that do not count. */
function aside({ at }: ReadinessInputs, judged: readonly Judged[]): ReadinessLine[] {
  return judged
    .filter((one) => !one.counts && Date.parse(one.run.at) <= Date.parse(at))
    .flatMap(({ run, why }) =>
      run.restores.map((one) =>
        line(
          `restores/${run.runId}`,
          `${one.step} ${one.succeeded ? 'succeeded' : 'did not succeed'}, not counted: ${why}`,
          null,
          [fromRun(run, one.evidence)],
        ),
      ),
    );
}

function unreadOf({ unread }: ReadinessInputs): ReadinessLine[] {
  return unread.map(({ what, why }) => line(`unread/${what}`, `could not be read: ${why}`, null, []));
}

/** Jobs in a lab work on nobody’s data. */
export function ownJobs(jobs: readonly JobObservation[], job: JobObservation['job']): JobObservation[] {
  return jobs.filter((one) => one.job === job && one.environmentKind === 'declared');
}

function executionOf({ id, outcome, startedAt, endedAt }: JobObservation): Execution {
  return { succeeded: outcome === 'succeeded', at: endedAt ?? startedAt, source: `job ${id} (${outcome})` };
}

function unique(sets: ReadinessInputs['sets']): ReadinessInputs['sets'] {
  return [...new Map([...sets].reverse().map((set) => [set.id, set])).values()];
}
