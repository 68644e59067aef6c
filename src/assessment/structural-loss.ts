import { formatDuration, isJsonObject, parseDuration, type Json } from '../base/index.js';
import { notMeasured, type Measured } from './measured.js';
import type { RunRecord } from './record.js';
import type { StepFact } from './steps.js';

/**
 * The loss that the backup policy allows whatever happens: interval + duration + upload, milliseconds. The interval is the
 * plan's (a setting, not an actual, so the whole is `planned`); the duration is measured where this run took a backup.
 * With continuous WAL (`wal.lag` in the policy) the loss is the stream's lag instead.
 */
export interface StructuralLoss {
  readonly intervalMs: number | null;
  readonly durationMs: number | null;
  readonly uploadMs: number | null;
  /** Where WAL is streamed: how far it is behind at most; then the loss is this. */
  readonly walLagMs: number | null;
  readonly totalMs: Measured<number>;
  readonly aboveRpo: boolean | null;
  readonly parts: string;
}

export function structuralLossOf(record: RunRecord, steps: readonly StepFact[]): StructuralLoss {
  const { settings } = record.plan.environment;
  const policy = ['policy', 'backupPolicy', 'backup']
    .map((name) => settings[name])
    .filter(isJsonObject)
    .find((one) => duration(one, 'interval') !== null || isJsonObject(one['wal']));
  const wal = policy?.['wal'];
  const lagMs = isJsonObject(wal) ? duration(wal, 'lag') : null;
  const intervalMs = policy ? duration(policy, 'interval') : null;
  if (!policy || (intervalMs === null && lagMs === null))
    return {
      intervalMs: null,
      durationMs: null,
      uploadMs: null,
      walLagMs: null,
      totalMs: notMeasured('the environment’s settings name no backup policy with an interval'),
      aboveRpo: null,
      parts: 'not measured',
    };
  const taken = steps.findLast((step) => step.action === 'postgres.backup' && step.result === 'succeeded');
  const durationMs = taken?.durationMs ?? duration(policy, 'duration');
  const uploadMs = duration(policy, 'upload');
  const totalMs = lagMs ?? (intervalMs ?? 0) + (durationMs ?? 0) + (uploadMs ?? 0);
  const part = (name: string, ms: number | null) =>
    `${name} ${ms === null ? 'not known' : formatDuration(ms)}`;
  return {
    intervalMs,
    durationMs,
    uploadMs,
    walLagMs: lagMs,
    totalMs: {
      value: totalMs,
      provenance: 'planned',
      evidence: taken?.seqs ?? [],
      note: 'what the policy allows, not what was lost; at least this where a part is not known',
    },
    aboveRpo: totalMs > record.plan.objectives.rpoMs,
    parts:
      lagMs === null
        ? [part('interval', intervalMs), part('duration', durationMs), part('upload', uploadMs)].join(' + ')
        : part('lag of the continuous WAL', lagMs),
  };
}

function duration(policy: { readonly [key: string]: Json }, name: string): number | null {
  const value = policy[`${name}Ms`] ?? policy[name];
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? (parseDuration(value) ?? null) : null;
}
