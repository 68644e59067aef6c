import type { Plan } from '../language/index.js';
import { walkSteps } from './plan-index.js';
import { anythingWasDone } from './situation.js';
import type { RunState } from './state.js';

/** Whether nobody needs the environment any more: the run was asked to stop before anything was done to it. */
export function isOpeningInVain(state: RunState): boolean {
  return state.stop !== null && !anythingWasDone({ state });
}

/** Steps whose effect is under way and must be aborted, because the run was asked to stop; obligations (`always`) go on. */
export function stepsToAbort(plan: Plan, state: RunState): readonly string[] {
  if (state.stop === null) return [];
  const concerned = walkSteps(plan).filter(({ phase }) => phase.stage !== 'always');
  return concerned.map(({ step }) => step.id).filter((id) => state.steps[id]?.status === 'running');
}
