import { protectionGap, standbyGap, type Protection } from '../run/index.js';
import { entriesOf } from './entries.js';
import type { RunRecord } from './record.js';
import { plannedSteps } from './walk-steps.js';

export interface ProtectionFact extends Protection {
  /** Entry of the disaster that it was measured before. */
  readonly seq: number;
}

/** What protected the data right before the disaster, the first fault that is no sabotage; null where nobody measured it. */
export function protectionOf({ entries }: RunRecord): ProtectionFact | null {
  const disaster = entriesOf(entries, 'fault-injected').find((entry) => !entry.data.sabotage);
  const { protection } = disaster?.data ?? {};
  return disaster === undefined || protection === undefined ? null : { ...protection, seq: disaster.seq };
}

/** A newer backup that was not usable when a recovery looked for one, and the entry that says so. */
export interface RottenBackup {
  readonly said: string;
  readonly seq: number;
}

/**
 * Backups of the environment's own store that the search for a usable one has passed over; none where the protection was not measured,
 * as in records of an earlier time. In a copy outside, what was put there after the attack is passed over by design.
 */
export function rottenBackupsOf(record: RunRecord): RottenBackup[] {
  if (protectionOf(record) === null) return [];
  const seekers = plannedSteps(record.plan).flatMap(({ step }) =>
    step.form === 'uses' &&
    step.call.uses === 'postgres.usable-backup' &&
    step.call.with['from'] !== 'immutable'
      ? [step.id]
      : [],
  );
  return entriesOf(record.entries, 'step-succeeded')
    .filter((entry) => seekers.includes(entry.data.step))
    .flatMap(({ seq, data }) => {
      const list = data.outputs['passedOver'];
      if (!Array.isArray(list)) return [];
      return list.flatMap((said) => (typeof said === 'string' ? [{ said, seq }] : []));
    });
}

/** Why that is less than was promised, in one reason; null where it is not, and where nobody measured it. */
export function protectionGapOf(fact: ProtectionFact | null): string | null {
  return fact === null ? null : protectionGap(fact);
}

/** The same of the standby. */
export function standbyGapOf(fact: ProtectionFact | null): string | null {
  return fact === null ? null : standbyGap(fact);
}
