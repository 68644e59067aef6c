import type { ClockPoint, Phase, Plan } from '../language/index.js';
import { walkSteps, type StepPlace } from './plan-index.js';
import type { Instant, MarkState, PhaseState, PromptState, RunState } from './state.js';

export interface PhaseProgress {
  readonly phase: Phase;
  readonly status: PhaseState['status'];
  readonly enteredAt: Instant | null;
  readonly leftAt: Instant | null;
  /** Steps that are or may still be on the path taken: without blocks, and without those that do not apply. */
  readonly total: number;
  /** A step that was undone is among none of these three. */
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Steps that are under way, wait for a person or for another attempt, in written order; blocks are left out. */
export function currentSteps(plan: Plan, state: RunState): readonly StepPlace[] {
  const active = ['running', 'waiting', 'backing-off', 'unknown-outcome'];
  return walkSteps(plan).filter(
    ({ step }) => step.form !== 'parallel' && active.includes(state.steps[step.id]?.status ?? 'pending'),
  );
}

/** What people are asked now, oldest first. */
export function openPrompts(state: RunState): readonly PromptState[] {
  return Object.values(state.prompts)
    .filter((prompt) => !prompt.closed)
    .sort((a, b) => a.openedAt.seq - b.openedAt.seq);
}

/** Progress of every phase, in the plan's order. */
export function phaseProgress(plan: Plan, state: RunState): readonly PhaseProgress[] {
  return plan.phases.map((phase) => {
    const steps = walkSteps(plan)
      .filter((place) => place.phase.id === phase.id && place.step.form !== 'parallel')
      .flatMap(({ step }) => state.steps[step.id] ?? [])
      .filter((step) => step.skipped?.cause !== 'not-chosen' && step.skipped?.cause !== 'condition');
    const count = (status: string) => steps.filter((step) => step.status === status && !step.undone).length;
    const { status = 'pending', enteredAt = null, leftAt = null } = state.phases[phase.id] ?? {};
    return {
      ...{ phase, status, enteredAt, leftAt, total: steps.length },
      ...{ succeeded: count('succeeded'), failed: count('failed'), skipped: count('skipped') },
    };
  });
}

const points: { readonly [point in ClockPoint]: number } = {
  disruption: 0,
  detected: 1,
  declared: 2,
  'recovery-started': 3,
  'service-verified': 4,
};

/** The five points in their order, each with its mark where there is one. */
export function clockPoints(
  state: RunState,
): readonly { readonly point: ClockPoint; readonly mark: MarkState | null }[] {
  const ordered = (Object.keys(points) as ClockPoint[]).sort((a, b) => points[a] - points[b]);
  return ordered.map((point) => ({ point, mark: state.marks[point] ?? null }));
}
