import { formatDuration } from '../base/index.js';
import { finding, type FindingRule } from './finding.js';
import { protectionGapOf, protectionOf, rottenBackupsOf, standbyGapOf } from './protection.js';

/** Recovery time against RTO, and data loss against RPO. */
export const objectiveFindings: readonly FindingRule[] = [
  ({ record, measures }) => {
    const { value, evidence } = measures.recoveryTime.durationMs;
    const { rtoMs } = record.plan.objectives;
    return value !== null && value > rtoMs
      ? [
          finding(
            'rto-missed',
            'high',
            `recovery took ${formatDuration(value)}, the objective is ${formatDuration(rtoMs)}`,
            evidence,
          ),
        ]
      : [];
  },
  ({ record, measures }) => {
    const { windowMs, missing } = measures.loss;
    const { rpoMs } = record.plan.objectives;
    return windowMs.value !== null && (windowMs.value > rpoMs || (rpoMs === 0 && missing.length > 0))
      ? [
          finding(
            'rpo-missed',
            'high',
            `${missing.length} acknowledged commits over ${formatDuration(windowMs.value)} were lost, the objective is ${formatDuration(rpoMs)}`,
            windowMs.evidence,
          ),
        ]
      : [];
  },
  ({ measures }) => {
    const { value, note, evidence } = measures.recoveryTime.durationMs;
    return value === null
      ? [
          finding(
            'recovery-time-not-measured',
            'high',
            `the recovery time was not measured: ${note}`,
            evidence,
          ),
        ]
      : [];
  },
];

export const lossFindings: readonly FindingRule[] = [
  ({ record }) =>
    rottenBackupsOf(record).map(({ said, seq }, index) =>
      finding(`backup-not-usable:${index + 1}`, 'high', `a newer backup was not usable: ${said}`, [seq]),
    ),
  ({ record }) => {
    const fact = protectionOf(record);
    const gap = protectionGapOf(fact);
    return fact === null || gap === null ? [] : [finding('log-not-received', 'high', gap, [fact.seq])];
  },
  ({ record }) => {
    const fact = protectionOf(record);
    const gap = standbyGapOf(fact);
    return fact === null || gap === null ? [] : [finding('standby-stale', 'high', gap, [fact.seq])];
  },
  ({ measures }) => {
    const { windowMs } = measures.loss;
    return windowMs.value === null
      ? [
          finding(
            'data-loss-not-measured',
            'high',
            `the data loss was not measured: ${windowMs.note}`,
            windowMs.evidence,
          ),
        ]
      : [];
  },
  ({ measures }) =>
    measures.loss.disagreements.map((text, index) =>
      finding(`data-loss-disagrees:${index + 1}`, 'high', text, measures.loss.windowMs.evidence),
    ),
  ({ measures }) => {
    const { missing, windowMs } = measures.loss;
    return missing.length > 0
      ? [
          finding(
            'commits-lost',
            'medium',
            `${missing.length} commits that a client had seen acknowledged are gone`,
            windowMs.evidence,
          ),
        ]
      : [];
  },
  ({ record, measures }) => {
    const { aboveRpo, totalMs, parts } = measures.structuralLoss;
    return aboveRpo === true && totalMs.value !== null
      ? [
          finding(
            'structural-loss-above-rpo',
            'high',
            `the backup policy allows a loss of ${formatDuration(totalMs.value)} (${parts}), more than the objective of ${formatDuration(record.plan.objectives.rpoMs)}, however this run went`,
            totalMs.evidence,
          ),
        ]
      : [];
  },
  ({ measures }) =>
    measures.structuralLoss.totalMs.value === null
      ? [
          finding(
            'structural-loss-not-known',
            'low',
            `the structural data loss is not known: ${measures.structuralLoss.totalMs.note}`,
          ),
        ]
      : [],
];
