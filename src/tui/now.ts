import type { Phase, Plan, Step } from '../language/index.js';
import { stepsOf, type PromptState, type RunState } from '../run/index.js';

const under = new Set(['running', 'waiting', 'backing-off', 'unknown-outcome']);

/** The steps under way, in file order; blocks that only hold others are left out. */
export function currentSteps(plan: Plan, state: RunState): Step[] {
  return [...stepsOf(plan).values()]
    .map(({ step }) => step)
    .filter((step) => step.form !== 'parallel' && under.has(state.steps[step.id]?.status ?? 'pending'));
}

export function activePhase(plan: Plan, state: RunState): Phase | undefined {
  return plan.phases.find((phase) => state.phases[phase.id]?.status === 'active');
}

/** The questions that are open, oldest first. */
export function openPrompts(state: RunState): PromptState[] {
  return Object.values(state.prompts)
    .filter((prompt) => !prompt.closed)
    .sort((a, b) => a.openedAt.seq - b.openedAt.seq);
}
