import { insert, sayDuration, type Json, type JsonObject } from '../base/index.js';
import type { ActionCall, Plan, Step } from '../language/index.js';
import { walkSteps } from './plan-index.js';
import type { RunState } from './state.js';

/** What `${…}` can insert now: `inputs`, `environment`, `steps.<id>.<saved>`, `answers.<step>.<field>`, and of the run what `runFacts` names. */
export function scopeOf(plan: Plan, state: RunState): JsonObject {
  const steps: { [id: string]: JsonObject } = {};
  const answers: { [id: string]: JsonObject } = {};
  for (const { step } of walkSteps(plan)) {
    const known = state.steps[step.id];
    if (known?.status !== 'succeeded') continue;
    steps[step.id] = known.saved;
    if (known.how === 'answered') answers[step.id] = known.outputs;
  }
  const environment = state.environment.values;
  return {
    inputs: filledInputs(plan.inputs, environment),
    environment,
    steps,
    answers,
    run: runFacts(plan, state),
  };
}

/** The objectives and the beginning, worded for messages: what is promised stands in the runbook alone, and is never typed again. */
function runFacts({ mode, objectives }: Plan, { runId, marks }: RunState): JsonObject {
  const { rtoMs, rpoMs } = objectives;
  return {
    id: runId ?? '',
    mode,
    rto: sayDuration(rtoMs),
    rpo: rpoMs === 0 ? 'no data' : `at most ${sayDuration(rpoMs)} of data`,
    disruption: marks.disruption === undefined ? 'not known yet' : sayMoment(marks.disruption.pointAt),
  };
}

/** To the minute, which is as exact as a message can be: `2027-01-17 01:02 UTC`. */
function sayMoment(at: string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** An input whose value cannot be filled in does not exist: what asks for it then names what is missing. */
function filledInputs(inputs: JsonObject, environment: JsonObject): JsonObject {
  const filled: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(inputs)) {
    const { value: known, missing } = insert(value, { environment });
    if (missing.length === 0) filled[name] = known;
  }
  return filled;
}

/**
 * A call's arguments with everything inserted, and the names that are not known. `own` adds what the step itself has just
 * saved, which its check may refer to before the step counts as succeeded.
 */
export function fillCall(
  plan: Plan,
  state: RunState,
  call: ActionCall,
  own?: { readonly step: string; readonly saved: JsonObject },
): { readonly args: JsonObject; readonly missing: readonly string[] } {
  const scope = scopeOf(plan, state);
  const steps = scope['steps'] as JsonObject;
  const wide = own ? { ...scope, steps: { ...steps, [own.step]: own.saved } } : scope;
  const { value, missing } = insert(call.with, wide);
  return { args: value as JsonObject, missing };
}

/** What a step keeps of an action's outputs (or of an answer), under the names that the runbook chose. */
export function savedBy(step: Step, outputs: JsonObject): JsonObject {
  const saved: { [name: string]: Json } = {};
  for (const [name, output] of Object.entries(step.saves)) {
    const value = outputs[output];
    if (value !== undefined) saved[name] = value;
  }
  return saved;
}
