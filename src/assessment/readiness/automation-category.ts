import { formatDuration } from '../../base/index.js';
import { percentage } from '../formulas.js';
import type { Judged } from './judge-run.js';
import { newestFirst } from './periods.js';
import {
  fromRun,
  line,
  unmeasured,
  type ReadinessInputs,
  type ReadinessLine,
  type ReadinessWorking,
} from './readiness-inputs.js';
import { ownJobs } from './scripts-category.js';

/** Automation: whether jobs run by themselves, and recoveries without people’s help. */
export function automationCategory(inputs: ReadinessInputs, judged: readonly Judged[]): ReadinessWorking {
  const jobs = inputs.policies.map((policy) => jobLine(policy, inputs));
  const punctual = percentage(jobs.filter((one) => one.points === 100).length, jobs.length);
  const steps = stepsLine(judged.filter((one) => one.counts));
  return {
    key: 'automation',
    title: 'Automation',
    formula:
      '0.5 · % of policies whose last backup succeeded within twice their interval + 0.5 · % of automatic steps of the runs that count that needed no manual help',
    points: 0.5 * punctual + 0.5 * (steps.points ?? 0),
    inputs: [
      ...(jobs.length === 0 ? [unmeasured('jobs', 'firedrill.yaml has no policy with an interval')] : jobs),
      steps,
    ],
  };
}

function jobLine(
  { name, intervalMs }: ReadinessInputs['policies'][number],
  { jobs, sets, at }: ReadinessInputs,
): ReadinessLine {
  const [last] = newestFirst([
    ...ownJobs(jobs, 'backup')
      .filter((one) => one.outcome === 'succeeded' && one.policies.includes(name))
      .map((one) => ({ at: one.endedAt ?? one.startedAt, source: `job ${one.id}` })),
    ...sets
      .filter((set) => set.policy === name)
      .map((set) => ({ at: set.takenAt, source: `manifest ${set.id} in ${set.store}` })),
  ]).filter((one) => Date.parse(one.at) <= Date.parse(at));
  if (last === undefined) return unmeasured(`job/${name}`, 'no backup of this policy is known');
  const ageMs = Date.parse(at) - Date.parse(last.at);
  const inTime = ageMs <= 2 * intervalMs;
  const said = `last backup ${formatDuration(ageMs)} ago, every ${formatDuration(intervalMs)}`;
  return line(`job/${name}`, inTime ? said : `${said}: more than twice its interval`, inTime ? 100 : 0, [
    last.source,
  ]);
}

function stepsLine(counted: readonly Judged[]): ReadinessLine {
  const steps = counted.flatMap(({ run }) => run.automaticSteps.map((step) => ({ run, step })));
  if (steps.length === 0) return unmeasured('steps', 'no run counts');
  const alone = steps.filter(({ step }) => step.alone).length;
  const helped = steps.filter(({ step }) => !step.alone).map(({ step }) => step.id);
  const said = `${alone} of ${steps.length} automatic steps needed no help, in ${counted.length} ${counted.length === 1 ? 'run' : 'runs'}`;
  return line(
    'steps',
    helped.length === 0 ? said : `${said}; helped or not succeeded: ${helped.join(', ')}`,
    percentage(alone, steps.length),
    counted.map(({ run }) => fromRun(run, [])),
  );
}
