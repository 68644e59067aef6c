import type { FailureData } from '../base/index.js';
import type { Plan, Stage, Step } from '../language/index.js';
import type { Command } from './command.js';
import type { RunEvent } from './entry.js';
import type { Actor, CheckPurpose } from './facts.js';
import { findStep } from './plan-index.js';
import type { Instant, PromptState, RunState, StepState } from './state.js';

/** All that a decision is made from. */
export interface Situation {
  readonly plan: Plan;
  readonly state: RunState;
  /** Wall clock. */
  readonly nowMs: number;
}

export const engine: Actor = { kind: 'engine' };

export function append(event: RunEvent, actor: Actor = engine): Command[] {
  return [{ do: 'append', event, actor }];
}

export function wake(atMs: number): Command[] {
  return [{ do: 'wake', atMs }];
}

export function atMs(instant: Instant): number {
  return Date.parse(instant.at);
}

export function stepState({ state }: Situation, step: Step): StepState {
  const known = state.steps[step.id];
  if (!known) throw new Error(`step ${step.id} is not part of the run's plan`);
  return known;
}

export function stageOf({ plan }: Situation, step: string | null): Stage | null {
  return step === null ? null : (findStep(plan, step)?.phase.stage ?? null);
}

export function hasEnded(step: StepState): boolean {
  return step.status === 'succeeded' || step.status === 'failed' || step.status === 'skipped';
}

/** A run that was stopped before it touched anything owes nothing. */
export function anythingWasDone({ state }: Pick<Situation, 'state'>): boolean {
  const begun = (one: { readonly startedAt: unknown }) => one.startedAt !== null;
  return Object.values(state.steps).some(begun) || Object.values(state.faults).some(begun);
}

export function lastPromptOf({ state }: Situation, step: StepState): PromptState | undefined {
  return step.lastPrompt === null ? undefined : state.prompts[step.lastPrompt];
}

/** The latest check for a purpose that was evaluated after a given instant. */
export function checkSince(
  step: StepState,
  purpose: CheckPurpose,
  since: Instant | null,
): StepState['checks'][number] | undefined {
  return step.checks.findLast((one) => one.purpose === purpose && one.at.seq > (since?.seq ?? 0));
}

/**
 * Declared answers exist only in an unattended drill in a lab of ours. Everywhere else a prompt waits for a person, whatever
 * the plan says.
 */
export function isScripted(plan: Plan): boolean {
  return plan.unattended && plan.mode === 'drill' && plan.environment.kind === 'lab';
}

/** Records that the coming (or current) attempt failed and is not tried again by itself. */
export function fail(step: Step, attempt: number, failure: FailureData, willRetry = false): Command[] {
  return append({
    type: 'step-failed',
    data: { step: step.id, attempt, failure, evidence: [], willRetry },
  });
}

export function failure(
  reason: FailureData['reason'],
  message: string,
  options: { readonly hint?: string; readonly retryable?: boolean } = {},
): FailureData {
  const { hint, retryable = false } = options;
  return { reason, message, ...(hint === undefined ? {} : { hint }), retryable };
}
