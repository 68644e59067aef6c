import type { Harm } from '../../damage/index.js';
import type { BackupKind } from '../set/manifest.js';
import type { Outcome, TestNumber } from '../verify/verification.js';
import type { ProofGround } from './proof-ground.js';

/** What a control found: the same test without the fault and with it. */
export interface Tried {
  readonly harm: Harm;
  readonly without: Outcome;
  readonly with: Outcome;
}

/** A known fault and the test that must notice it. */
export interface Control {
  readonly id: string;
  readonly title: string;
  readonly test: TestNumber;
  readonly kinds: readonly BackupKind[];
  /** Why there may be nothing to hurt, in words; said when `attempt` gives null. */
  readonly lacks: string;
  /** Makes a copy, does the harm, asks the test. Null: the set has nothing that could be hurt so. */
  attempt(ground: ProofGround): Promise<Tried | null>;
}

export type Described = Omit<Control, 'attempt'>;

export const everyKind: readonly BackupKind[] = ['physical', 'logical', 'pgbackrest'];
