import type { Conditions, Origin, RequirementInput, ScoreInputs } from '../../src/assessment/index.js';
import { minute, rubric } from './plan-fixture.js';

export interface GoldenCase {
  /** Minutes. */
  readonly rta: number;
  readonly rpa: number;
  readonly controlsMet: number;
  readonly highFinding: boolean;
  readonly checksumFails?: boolean;
}

export const sure: Origin = { provenance: 'measured', evidence: [1], note: 'from the table' };
const holds = { ...sure, holds: true };

const requirements = (count: number, met: number): RequirementInput[] =>
  Array.from({ length: count }, (_, index) => ({
    ...sure,
    id: `r${index}`,
    title: `Requirement ${index}`,
    state: index < met ? ('met' as const) : ('not-met' as const),
  }));

export const allHolds: Conditions = {
  executed: holds,
  serviceVerified: holds,
  clockExplained: holds,
  targetsApproved: holds,
  privacyKept: holds,
  evidenceClean: holds,
  independent: holds,
  noHighFinding: holds,
};

/** RTO 240, RPO 60, five phases, one deviation, one automatic step of five helped by hand, one of five messages half late. */
export function goldenInputs(one: GoldenCase): ScoreInputs {
  const targets = [15, 15, 45, 30, 15];
  const actuals = [12, 22, 61, 28, 15];
  return {
    rubric,
    unattended: false,
    rtoMs: 240 * minute,
    rpoMs: 60 * minute,
    rta: { ...sure, valueMs: one.rta * minute },
    rpa: { ...sure, valueMs: one.rpa * minute },
    checks: ['checksum', 'writes', 'content', 'application'].map((id) => ({
      ...sure,
      id,
      verdict: id === 'checksum' && one.checksumFails ? ('fail' as const) : ('pass' as const),
      critical: id === 'checksum',
      weight: 1,
    })),
    automaticSteps: [0, 1, 2, 3, 4].map((index) => ({
      ...sure,
      id: `s${index}`,
      succeeded: true,
      manualHelp: index === 2,
    })),
    deviations: { ...sure, count: 1 },
    phases: targets.map((target, index) => ({
      ...sure,
      id: `p${index}`,
      targetMs: target * minute,
      actualMs: (actuals[index] ?? 0) * minute,
      unbounded: false,
    })),
    responseElapsedMs: 138 * minute,
    messages: [0, 1, 2, 3, 4].map((index) => ({
      ...sure,
      id: `m${index}`,
      deadlineMs: 10 * minute,
      sent: true,
      actualMs: (index === 4 ? 12 : 8) * minute,
      unfilled: 0,
    })),
    controls: requirements(8, one.controlsMet),
    governance: requirements(6, 6),
    conditions: one.highFinding
      ? { ...allHolds, noHighFinding: { ...sure, holds: false, note: 'open high findings: one' } }
      : allHolds,
  };
}
