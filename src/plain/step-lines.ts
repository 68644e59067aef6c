import { printable } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { stepOwner, stepsOf, type RunState } from '../run/index.js';

/** Phases and steps in file order, each with how it stands and who owns it; steps of a way that was not chosen are left out. */
export function stepLines(plan: Plan, state: RunState): string[] {
  const lines: string[] = [];
  let at = '';
  for (const { step, phase, depth, under } of stepsOf(plan).values()) {
    if (under.some(({ decide, option }) => state.steps[decide]?.chosen !== option)) continue;
    if (phase.id !== at) lines.push(`${phase.title}: ${state.phases[phase.id]?.status ?? 'pending'}`);
    at = phase.id;
    const status = state.steps[step.id]?.status ?? 'pending';
    lines.push(
      `    ${'  '.repeat(depth)}${status} @${step.id} ${step.title} (${stepOwner(plan, state, step)})`,
    );
  }
  return lines.map((line) => printable(line));
}
