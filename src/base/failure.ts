/** Why an expected failure happened; the order is the order in which the first that fits is chosen. */
export const failureReasons = [
  'exit-code',
  'timeout',
  'cancelled',
  'check',
  'unavailable',
  'refused',
  'unknown-outcome',
  'invalid',
] as const;
export type FailureReason = (typeof failureReasons)[number];

export interface FailureData {
  readonly reason: FailureReason;
  /** What failed, on what, with which value: lower case, no full stop. */
  readonly message: string;
  /** What to do next: a sentence, with the command to type where there is one. */
  readonly hint?: string;
  /** Whether the same attempt may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

/**
 * A failure that was to be expected: a tool's exit code, an unreachable server, a guard that refused.
 * Anything thrown that is not a `Failure` is a bug in firedrill and is reported as one (exit code 70).
 */
export class Failure extends Error implements FailureData {
  readonly reason: FailureReason;
  readonly hint?: string;
  readonly retryable: boolean;

  constructor(
    reason: FailureReason,
    message: string,
    options: { hint?: string; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.reason = reason;
    if (options.hint !== undefined) this.hint = options.hint;
    this.retryable = options.retryable ?? (reason === 'timeout' || reason === 'unavailable');
  }
}

export function failureData(failure: Failure): FailureData {
  const { reason, message, hint, retryable } = failure;
  return { reason, message, ...(hint === undefined ? {} : { hint }), retryable };
}
