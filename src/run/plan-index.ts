import type { Phase, Plan, Step } from '../language/index.js';

/** Where a step stands in the plan. */
export interface StepPlace {
  readonly step: Step;
  readonly phase: Phase;
  /** The decision or parallel block it is part of, innermost; null at the top of a phase. */
  readonly parent: Step | null;
  /** The option of the decision `parent` whose block holds it. */
  readonly option: string | null;
}

interface PlanIndex {
  readonly places: readonly StepPlace[];
  readonly byId: ReadonlyMap<string, StepPlace>;
}

const indexes = new WeakMap<Plan, PlanIndex>();

/** Every step of the plan in written order, a block before what it holds. */
export function walkSteps(plan: Plan): readonly StepPlace[] {
  return indexOf(plan).places;
}

export function findStep(plan: Plan, id: string): StepPlace | undefined {
  return indexOf(plan).byId.get(id);
}

/** The steps directly inside a decision (of all its options) or a parallel block. */
export function stepsInside(step: Step): readonly Step[] {
  if (step.form === 'parallel') return step.steps;
  return step.form === 'decide' ? step.options.flatMap((option) => option.steps) : [];
}

function indexOf(plan: Plan): PlanIndex {
  const known = indexes.get(plan);
  if (known) return known;
  const places: StepPlace[] = [];
  const walk = (phase: Phase, steps: readonly Step[], parent: Step | null, option: string | null) => {
    for (const step of steps) {
      places.push({ step, phase, parent, option });
      if (step.form === 'parallel') walk(phase, step.steps, step, null);
      if (step.form === 'decide') for (const one of step.options) walk(phase, one.steps, step, one.id);
    }
  };
  for (const phase of plan.phases) walk(phase, phase.steps, null, null);
  const index = { places, byId: new Map(places.map((place) => [place.step.id, place])) };
  indexes.set(plan, index);
  return index;
}
