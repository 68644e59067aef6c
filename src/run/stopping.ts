import type { Plan } from '../language/index.js';
import { walkSteps } from './plan-index.js';
import type { RunState } from './state.js';

/** Steps whose effect is under way and must be aborted, because the run was asked to stop; obligations (`always`) go on. */
export function stepsToAbort(plan: Plan, state: RunState): readonly string[] {
  if (state.stop === null) return [];
  const concerned = walkSteps(plan).filter(({ phase }) => phase.stage !== 'always');
  return concerned.map(({ step }) => step.id).filter((id) => state.steps[id]?.status === 'running');
}
