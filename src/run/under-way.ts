import type { Phase, Plan, Step } from '../language/index.js';
import type { RunState } from './state.js';
import { stepsOf } from './step-list.js';

const under = new Set(['running', 'waiting', 'backing-off', 'unknown-outcome']);

/** The steps under way, in file order; blocks that only hold others are left out. */
export function stepsUnderWay(plan: Plan, state: RunState): Step[] {
  return [...stepsOf(plan).values()]
    .map(({ step }) => step)
    .filter((step) => step.form !== 'parallel' && under.has(state.steps[step.id]?.status ?? 'pending'));
}

export function activePhase(plan: Plan, state: RunState): Phase | undefined {
  return plan.phases.find((phase) => state.phases[phase.id]?.status === 'active');
}
