import type { FailureData } from '../base/index.js';
import type { Step } from '../language/index.js';
import type { RunState } from './state.js';

/**
 * Whether the runner tries a failed step again by itself: `willRetry` of `step-failed`. Never after a stop, nor for what no
 * repetition changes: a guard's refusal, arguments that cannot be filled in, an abort.
 */
export function retriesByItself(state: RunState, step: Step, attempt: number, failure: FailureData): boolean {
  if (state.stop !== null || attempt >= step.retry.attempts) return false;
  return failure.reason !== 'cancelled' && failure.reason !== 'invalid' && failure.reason !== 'refused';
}
