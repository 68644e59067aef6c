import { formatDuration } from '../base/index.js';
import type { CategoryKey } from '../language/index.js';
import { pacePoints, percentage, targetPoints } from './formulas.js';
import type { MessageInput, Origin, RequirementInput, ScoreInputs } from './score-inputs.js';

/** One line of a category's working: what went in and what it gave. */
export interface InputLine extends Origin {
  readonly id: string;
  /** The value as it entered the formula, in words. */
  readonly value: string;
  /** 0..100, or null for a line that has no points of its own. */
  readonly points: number | null;
}

export interface CategoryWorking {
  readonly key: CategoryKey;
  readonly formula: string;
  /** 0..100, not rounded; null: not applicable. */
  readonly points: number | null;
  readonly notApplicable: { readonly reason: string; readonly approver: string } | null;
  readonly inputs: readonly InputLine[];
}

const byPlan = 'the frozen plan';

export function recoveryPoints(inputs: ScoreInputs): CategoryWorking {
  const rta = inputs.rta.valueMs === null ? 0 : targetPoints(inputs.rta.valueMs, inputs.rtoMs, 1.5);
  const rpa = inputs.rpa.valueMs === null ? 0 : targetPoints(inputs.rpa.valueMs, inputs.rpoMs, 2);
  const line = (id: string, one: ScoreInputs['rta'], target: number, points: number): InputLine => ({
    ...origin(one),
    id,
    value: `${one.valueMs === null ? 'not measured' : exactly(one.valueMs)} against ${exactly(target)}`,
    points,
  });
  return {
    key: 'R',
    formula: '0.6 · f(RTA / RTO, 1.5) + 0.4 · f(RPA / RPO, 2.0)',
    points: 0.6 * rta + 0.4 * rpa,
    notApplicable: null,
    inputs: [
      line('recovery-time', inputs.rta, inputs.rtoMs, rta),
      line('data-loss', inputs.rpa, inputs.rpoMs, rpa),
    ],
  };
}

export function verificationPoints({ checks }: ScoreInputs): CategoryWorking {
  const weightOf = (some: ScoreInputs['checks']) => some.reduce((sum, check) => sum + check.weight, 0);
  return {
    key: 'V',
    formula: '100 · weight of passed checks / weight of required checks; not run = failed',
    points: percentage(weightOf(checks.filter((check) => check.verdict === 'pass')), weightOf(checks)),
    notApplicable: null,
    inputs: checks.map((check) => ({
      ...origin(check),
      id: check.id,
      value: `${check.verdict}, weight ${check.weight}${check.critical ? ', critical' : ''}`,
      points: check.verdict === 'pass' ? 100 : 0,
    })),
  };
}

export function procedurePoints({ automaticSteps, deviations }: ScoreInputs): CategoryWorking {
  const succeeded = percentage(automaticSteps.filter((step) => step.succeeded).length, automaticSteps.length);
  const alone = percentage(
    automaticSteps.filter((step) => step.succeeded && !step.manualHelp).length,
    automaticSteps.length,
  );
  const straight = Math.max(0, 100 - 20 * deviations.count);
  return {
    key: 'X',
    formula:
      '0.5 · % of automatic steps succeeded + 0.3 · max(0, 100 − 20 · deviations) + 0.2 · % of automatic steps needing no manual help',
    points: 0.5 * succeeded + 0.3 * straight + 0.2 * alone,
    notApplicable: null,
    inputs: [
      ...automaticSteps.map((step) => ({
        ...origin(step),
        id: step.id,
        value: `${step.succeeded ? 'succeeded' : 'not succeeded'}${step.manualHelp ? ', with manual help' : ''}`,
        points: null,
      })),
      {
        ...origin(deviations),
        id: 'deviations',
        value: `${deviations.count} recorded`,
        points: straight,
      },
    ],
  };
}

export function pacePointsOf({ phases }: ScoreInputs): CategoryWorking {
  const timed = phases.filter((phase) => phase.targetMs > 0);
  const total = timed.reduce((sum, phase) => sum + phase.targetMs, 0);
  const points = (phase: (typeof timed)[number]) =>
    phase.actualMs === null ? 0 : pacePoints(phase.actualMs / phase.targetMs);
  return {
    key: 'P',
    formula: 'mean over phases, weighted by target, of g(actual / target)',
    points: total === 0 ? null : timed.reduce((sum, one) => sum + one.targetMs * points(one), 0) / total,
    notApplicable: total === 0 ? { reason: 'no phase of the plan has a target', approver: byPlan } : null,
    inputs: timed.map((phase) => ({
      ...origin(phase),
      id: phase.id,
      value: `${phase.actualMs === null ? 'no duration' : exactly(phase.actualMs)} against ${exactly(phase.targetMs)}`,
      points: points(phase),
    })),
  };
}

/** 1 on time (or sent, where nobody set a deadline), ½ up to one and a half times the deadline, else 0; unfilled gives 0. */
export function messageCredit(message: MessageInput): 0 | 0.5 | 1 {
  if (!message.sent || message.unfilled > 0) return 0;
  if (message.deadlineMs === null) return 1;
  if (message.actualMs === null) return 0;
  if (message.actualMs <= message.deadlineMs) return 1;
  return message.actualMs <= 1.5 * message.deadlineMs ? 0.5 : 0;
}

export function communicationPoints({ messages }: ScoreInputs): CategoryWorking {
  const total = messages.reduce((sum, message) => sum + messageCredit(message), 0);
  return {
    key: 'C',
    formula:
      'mean over required messages: 1 on time, 0.5 up to 1.5 × the deadline, else 0; an unfilled placeholder = 0',
    points: messages.length === 0 ? null : percentage(total, messages.length),
    notApplicable:
      messages.length === 0 ? { reason: 'the plan requires no message', approver: byPlan } : null,
    inputs: messages.map((message) => ({
      ...origin(message),
      id: message.id,
      value: message.sent
        ? `${message.actualMs === null ? 'sent' : `sent after ${exactly(message.actualMs)}`}, ${
            message.deadlineMs === null ? 'no deadline' : `due within ${exactly(message.deadlineMs)}`
          }${message.unfilled > 0 ? `, ${message.unfilled} placeholders unfilled` : ''}`
        : 'not sent',
      points: 100 * messageCredit(message),
    })),
  };
}

export function requirementPoints(
  key: 'S' | 'E',
  formula: string,
  requirements: readonly RequirementInput[],
): CategoryWorking {
  const applicable = requirements.filter((one) => one.state !== 'not-applicable');
  const none = applicable.length === 0;
  return {
    key,
    formula,
    points: none
      ? null
      : percentage(applicable.filter((one) => one.state === 'met').length, applicable.length),
    notApplicable: none ? { reason: 'no requirement applies', approver: byPlan } : null,
    inputs: requirements.map((one) => ({
      ...origin(one),
      id: one.id,
      value: one.state.replace('-', ' ') + (one.approver === undefined ? '' : `, decided by ${one.approver}`),
      points: one.state === 'not-applicable' ? null : one.state === 'met' ? 100 : 0,
    })),
  };
}

/** For people, and exact enough to compute again: `26m 04s (1564450 ms)`. */
export function exactly(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${formatDuration(ms)} (${ms} ms)`;
}

export function origin(one: Origin): Origin {
  const { provenance, evidence, note, attestedBy } = one;
  return { provenance, evidence, note, ...(attestedBy === undefined ? {} : { attestedBy }) };
}
