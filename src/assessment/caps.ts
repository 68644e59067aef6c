import { formatDuration } from '../base/index.js';
import type { ScoreInputs } from './score-inputs.js';

/** A cap that applies. `limit` null: the run is not rated at all. */
export interface Cap {
  readonly id: string;
  readonly limit: number | null;
  readonly reason: string;
  readonly evidence: readonly number[];
}

type Decision = Omit<Cap, 'id' | 'limit'> | null;

interface CapRule {
  readonly id: string;
  readonly limit: number | null;
  readonly decide: (inputs: ScoreInputs) => Decision;
}

const rules: readonly CapRule[] = [
  { id: 'CF-02', limit: null, decide: timesNotCredible },
  { id: 'CF-03', limit: null, decide: (inputs) => unless(inputs.conditions.executed) },
  { id: 'CF-04', limit: 49, decide: (inputs) => unless(inputs.conditions.serviceVerified) },
  { id: 'CF-05', limit: 49, decide: criticalCheck },
  { id: 'CF-06', limit: 49, decide: (inputs) => unless(inputs.conditions.targetsApproved) },
  { id: 'CF-07', limit: 65, decide: objectiveMissed },
  { id: 'CF-08', limit: 65, decide: (inputs) => unless(inputs.conditions.privacyKept) },
  { id: 'CF-09', limit: 65, decide: (inputs) => unless(inputs.conditions.evidenceClean) },
  { id: 'CF-10', limit: 79, decide: notIndependent },
  { id: 'CF-11', limit: 79, decide: (inputs) => unless(inputs.conditions.noHighFinding) },
];

/** Ids of the caps that a record alone can decide; CF-01 and CF-12 are verdicts of an audit and never stand in a sealed report. */
export const decidableCaps: readonly string[] = rules.map((rule) => rule.id);

/** Every cap that applies. A rubric chooses among them, but none can switch CF-10 off for an unattended run. */
export function capsOf(inputs: ScoreInputs): Cap[] {
  return rules
    .filter((rule) => inputs.rubric.caps.includes(rule.id) || (rule.id === 'CF-10' && inputs.unattended))
    .flatMap(({ id, limit, decide }) => {
      const decision = decide(inputs);
      return decision === null ? [] : [{ id, limit, ...decision }];
    });
}

function unless(condition: { holds: boolean; note: string; evidence: readonly number[] }): Decision {
  return condition.holds ? null : { reason: condition.note, evidence: condition.evidence };
}

function timesNotCredible(inputs: ScoreInputs): Decision {
  const reasons: string[] = [];
  const evidence: number[] = [];
  const add = (reason: string, seqs: readonly number[]) => {
    reasons.push(reason);
    evidence.push(...seqs);
  };
  for (const phase of inputs.phases) {
    if (phase.unbounded) add(`phase ${phase.id} has no machine-made start and end`, phase.evidence);
    if (phase.actualMs !== null && phase.actualMs <= 0)
      add(`phase ${phase.id} lasted ${phase.actualMs} ms`, phase.evidence);
  }
  if (inputs.rta.valueMs !== null && inputs.rta.valueMs <= 0)
    add(`the recovery time is ${inputs.rta.valueMs} ms`, inputs.rta.evidence);
  const asPlanned = inputs.phases.filter(
    (phase) => phase.actualMs !== null && Math.round(phase.actualMs / 1000) * 1000 === phase.targetMs,
  );
  if (asPlanned.length >= 3)
    add(
      `${asPlanned.length} phases equal their plan to the second`,
      asPlanned.flatMap((one) => one.evidence),
    );
  const sum = inputs.phases.reduce((total, phase) => total + (phase.actualMs ?? 0), 0);
  // Each phase is rounded to a millisecond by itself.
  if (inputs.responseElapsedMs !== null && sum > inputs.responseElapsedMs + inputs.phases.length)
    add(`phases sum to ${sum} ms, more than the ${inputs.responseElapsedMs} ms that passed`, []);
  const clock = inputs.conditions.clockExplained;
  if (!clock.holds) add(clock.note, clock.evidence);
  return reasons.length === 0 ? null : { reason: reasons.join('; '), evidence };
}

function criticalCheck({ checks }: ScoreInputs): Decision {
  const bad = checks.filter((check) => check.critical && check.verdict !== 'pass');
  if (bad.length === 0) return null;
  const said = bad.map((check) => `${check.id} ${check.verdict === 'fail' ? 'failed' : 'was not run'}`);
  return { reason: `critical check ${said.join(', ')}`, evidence: bad.flatMap((check) => check.evidence) };
}

function objectiveMissed({ rta, rtoMs, rpa, rpoMs }: ScoreInputs): Decision {
  const reasons = [
    ...(rta.valueMs !== null && rta.valueMs > rtoMs
      ? [`recovery time ${formatDuration(rta.valueMs)} > ${formatDuration(rtoMs)}`]
      : []),
    ...(rpa.valueMs !== null && rpa.valueMs > rpoMs
      ? [`data loss ${formatDuration(rpa.valueMs)} > ${formatDuration(rpoMs)}`]
      : []),
  ];
  if (reasons.length === 0) return null;
  return { reason: reasons.join('; '), evidence: [...rta.evidence, ...rpa.evidence] };
}

function notIndependent(inputs: ScoreInputs): Decision {
  if (inputs.unattended)
    return {
      reason: 'nobody independent took part (scripted operator)',
      evidence: inputs.conditions.independent.evidence,
    };
  return unless(inputs.conditions.independent);
}
