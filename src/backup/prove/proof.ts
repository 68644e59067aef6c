import type { TestNumber, Verification, VerificationTest } from '../verify/verification.js';

/** One fault that was made on a copy, and what the test for it said without and with it. */
export interface ProvedControl {
  readonly id: string;
  readonly title: string;
  readonly test: TestNumber;
  /** The test was green without the fault, red with it, and named it. */
  readonly caught: boolean;
  readonly verdictWithout: VerificationTest['verdict'];
  readonly verdictWith: VerificationTest['verdict'];
  /** What was done to the copy. */
  readonly done: string;
  /** What the test said with the fault; why it was not caught, where it was not. */
  readonly evidence: readonly string[];
}

/** Never counted: the set has nothing that this fault could hit. */
export interface SkippedControl {
  readonly id: string;
  readonly title: string;
  readonly test: TestNumber;
  readonly why: string;
}

/** Whether the tests of a verification notice what they are there for. */
export interface Proof {
  readonly set: string;
  readonly controls: readonly ProvedControl[];
  readonly skipped: readonly SkippedControl[];
  readonly caught: number;
  readonly total: number;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** `8/8 tests passed · 21/21 seeded faults caught`: of the required tests, and of the faults that could be made. */
export function describeProof(verification: Verification, proof: Proof | null): string {
  const { tests, required } = verification;
  const passed = tests.filter((test) => required.includes(test.n) && test.verdict === 'pass').length;
  const line = `${passed}/${required.length} tests passed`;
  return proof === null ? line : `${line} · ${proof.caught}/${proof.total} seeded faults caught`;
}
