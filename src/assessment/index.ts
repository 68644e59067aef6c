/**
 * Entries → phases, clock points, recovery time and data loss, score.
 * Promise: pure functions of a record; every figure says where it comes from; nothing planned appears as an actual.
 */
export * from './acceptance.js';
export * from './assess.js';
export * from './backup-used.js';
export * from './caps.js';
export * from './categories.js';
export * from './clock-health.js';
export * from './clock-points.js';
export * from './decisions.js';
export * from './faults.js';
export type { Finding, FindingClass } from './finding.js';
export { findingsOf } from './findings.js';
export { formulaVersion, bandOf, roundHalfUp, type Band } from './formulas.js';
export type { Interval } from './intervals.js';
export * from './loss.js';
export * from './measured.js';
export * from './measures.js';
export * from './messages.js';
export * from './outage.js';
export * from './outcome.js';
export * from './people.js';
export * from './phases.js';
export * from './protection.js';
export { approverConflict } from './readiness/approver.js';
export {
  meanOf,
  readinessOf,
  readinessWeights,
  totalOf,
  type Readiness,
  type ReadinessCategory,
} from './readiness/readiness.js';
export type {
  Approval,
  JobObservation,
  ReadinessInputs,
  ReadinessLine,
  ReadinessScenario,
  ReadinessSet,
} from './readiness/readiness-inputs.js';
export { readinessRunOf, type ReadinessRun } from './readiness/readiness-run.js';
export { readinessSchema } from './readiness/readiness-schema.js';
export * from './record.js';
export * from './sabotage.js';
export * from './score-inputs.js';
export * from './score.js';
export * from './steps.js';
export * from './structural-loss.js';
export * from './time-axis.js';
