import type { Plan, Step } from '../language/index.js';
import { refuse, type Admission } from './admission.js';
import type { OperatorInput } from './command.js';
import { findStep, walkSteps } from './plan-index.js';
import type { RunState } from './state.js';

/** Steps that really ran and can be undone, the last that ran first. */
export function undoable(plan: Plan, state: RunState): readonly Step[] {
  return walkSteps(plan)
    .map(({ step }) => ({ step, known: state.steps[step.id] }))
    .filter(({ step, known }) => known?.startedAt && !known.undone && step.undo && 'uses' in step.undo)
    .sort((a, b) => (b.known?.startedAt?.seq ?? 0) - (a.known?.startedAt?.seq ?? 0))
    .map(({ step }) => step);
}

/** No steps named: all that can be undone. Only while nothing is under way, in the reverse of the order in which they ran. */
export function admitUndo(plan: Plan, state: RunState, input: OperatorInput & { kind: 'undo' }): Admission {
  if (state.environment.closed) return refuse('the environment is closed', 'There is nothing left to undo.');
  if (state.undo.requested.length > 0) return refuse('an undo is under way', 'Wait for its end.');
  const busy = walkSteps(plan).find(
    ({ step }) =>
      (step.form === 'uses' || step.form === 'wait') && state.steps[step.id]?.status === 'running',
  )?.step;
  if (busy) {
    // A window of green rounds over a system that is being taken back would prove nothing.
    const way = busy.form === 'wait' ? 'skip it' : 'stop the run';
    return refuse(`${busy.id} is under way`, `Wait for its end, or ${way}.`);
  }
  const all = undoable(plan, state).map((step) => step.id);
  for (const id of input.steps) {
    if (!findStep(plan, id)) return refuse(`the plan has no step ${id}`);
    if (!all.includes(id)) return refuse(`${id} did not run, was undone already, or has no undo`);
  }
  const steps = input.steps.length === 0 ? all : all.filter((id) => input.steps.includes(id));
  if (steps.length === 0) return refuse('nothing that ran can be undone');
  const event = { type: 'undo-requested', data: { steps, reason: input.reason.trim() } } as const;
  return { events: [{ event, actor: input.by }] };
}
