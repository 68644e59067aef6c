import type { Plan } from '../language/index.js';
import { findStep } from './plan-index.js';
import type { FaultState, RunState, StepState } from './state.js';

/**
 * What an interruption does to a run. An action without a result is undone work (`read`, `idempotent`: it runs again) or unknown
 * (`once`). Waits, prompts and blocks go on where they stood. A fault without a result is injected again: the lab knows it by its
 * id. A green window is lost, for nobody looked. An undo that had begun is not taken up by itself: a person asks for it again.
 */
export function resumeSteps(plan: Plan, state: RunState): RunState {
  const steps: { [id: string]: StepState } = {};
  for (const [id, step] of Object.entries(state.steps)) steps[id] = resumed(plan, step);
  const faults: { [id: string]: FaultState } = {};
  for (const [id, fault] of Object.entries(state.faults))
    faults[id] = fault.status === 'started' ? { ...fault, status: 'planned' } : fault;
  return {
    ...state,
    steps,
    faults,
    acceptance: { ...state.acceptance, greenSince: null },
    undo: state.undo.running === null ? state.undo : { ...state.undo, requested: [], running: null },
  };
}

function resumed(plan: Plan, state: StepState): StepState {
  const step = findStep(plan, state.id)?.step;
  if (state.status !== 'running' || step?.form !== 'uses') return state;
  return { ...state, status: step.effect === 'once' ? 'unknown-outcome' : 'pending' };
}
