import type { Protection } from '../run/index.js';
import { entriesOf } from './entries.js';
import type { RunRecord } from './record.js';

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

/** Why that is less than was promised, in one reason; null where it is not. */
export function protectionGapOf(fact: ProtectionFact | null): string | null {
  if (fact === null || fact.reach === 'complete') return null;
  const said = fact.said.replaceAll(';', ',');
  return fact.reach === 'incomplete'
    ? `the log did not reach the second place when the disaster struck, so nothing but the moment bounded the loss (${said})`
    : `whether the log reached the second place when the disaster struck was not measured (${said})`;
}
