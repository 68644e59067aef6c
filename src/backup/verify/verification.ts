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

export interface VerificationTest {
  readonly n: TestNumber;
  readonly title: string;
  /** `not-run` never counts as a pass. */
  readonly verdict: 'pass' | 'fail' | 'not-run';
  readonly evidence: readonly string[];
}

export interface Verification {
  readonly set: string;
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

/** Problems make a fail, their absence a pass; `seen` says what was looked at. */
export function judge(problems: readonly string[], seen: readonly string[]): Outcome {
  return problems.length > 0 ? { verdict: 'fail', evidence: problems } : { verdict: 'pass', evidence: seen };
}

export function notRun(why: string): Outcome {
  return { verdict: 'not-run', evidence: [why] };
}
