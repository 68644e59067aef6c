import type { Measures } from './measures.js';
import type { IndependenceFact } from './people.js';
import type { RunRecord } from './record.js';
import type { RequirementInput } from './score-inputs.js';

export type FindingClass = 'high' | 'medium' | 'low';

/** Something that a rule found. People may raise a class later, never lower it. */
export interface Finding {
  /** `rule` or `rule:subject`, stable across renderings. */
  readonly id: string;
  readonly class: FindingClass;
  readonly text: string;
  /** Sequence numbers of journal entries. */
  readonly evidence: readonly number[];
}

/** What the rules look at. */
export interface Facts {
  readonly record: RunRecord;
  readonly measures: Measures;
  readonly independence: IndependenceFact;
  readonly controls: readonly RequirementInput[];
}

export type FindingRule = (facts: Facts) => readonly Finding[];

export function finding(
  id: string,
  grade: FindingClass,
  text: string,
  evidence: readonly number[] = [],
): Finding {
  return { id, class: grade, text, evidence };
}
