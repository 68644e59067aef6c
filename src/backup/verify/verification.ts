/** The eight tests of a backup; the numbers are part of the report's language. */
export const verificationTitles = {
  1: 'present and identical in the store',
  2: 'decrypts and authenticates to the last byte',
  3: 'reads through',
  4: 'complete',
  5: 'restores',
  6: 'content',
  7: 'structure',
  8: 'usable and fresh',
} as const;
export type TestNumber = keyof typeof verificationTitles;
export const testNumbers: readonly TestNumber[] = [1, 2, 3, 4, 5, 6, 7, 8];

export interface VerificationTest {
  readonly n: TestNumber;
  readonly title: string;
  /** `not-run` never counts as a pass. */
  readonly verdict: 'pass' | 'fail' | 'not-run';
  readonly evidence: readonly string[];
}

export interface Verification {
  readonly set: string;
  /** `partial`: the files were looked at, nothing was restored. Only a full one says that the set can be restored. */
  readonly scope: 'full' | 'partial';
  readonly tests: readonly VerificationTest[];
  /** Every required test passed. */
  readonly passed: boolean;
  readonly required: readonly TestNumber[];
  /** From the first byte read to the first acknowledged connection; null when nothing was restored. */
  readonly restoreMs: number | null;
  readonly startedAt: string;
  readonly endedAt: string;
}

export type Outcome = Omit<VerificationTest, 'n' | 'title'>;
export type Outcomes = { [n in TestNumber]?: Outcome };

/** Problems make a fail, their absence a pass; `seen` says what was looked at. */
export function judge(problems: readonly string[], seen: readonly string[]): Outcome {
  return problems.length > 0 ? { verdict: 'fail', evidence: problems } : { verdict: 'pass', evidence: seen };
}

export function notRun(why: string): Outcome {
  return { verdict: 'not-run', evidence: [why] };
}

/** Several parts of one test: it fails when one of them fails, and is not run when one of them is not. */
export function together(parts: readonly Outcome[]): Outcome {
  for (const verdict of ['fail', 'not-run'] as const) {
    const such = parts.filter((part) => part.verdict === verdict);
    if (such.length > 0) return { verdict, evidence: such.flatMap((part) => part.evidence) };
  }
  return { verdict: 'pass', evidence: parts.flatMap((part) => part.evidence) };
}

/** The tests that a set must pass: decrypting is none of them when there is nothing to decrypt. */
export function requiredTests(encrypted: boolean, full: boolean): readonly TestNumber[] {
  return testNumbers.filter((n) => (n !== 2 || encrypted) && (full || n <= 3));
}
