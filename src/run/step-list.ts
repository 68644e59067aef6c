import type { Phase, Plan, Step } from '../language/index.js';

/** A step with where it stands: its phase, how deep it is nested, and the choices that must have been made for it to run. */
export interface PlacedStep {
  readonly step: Step;
  readonly phase: Phase;
  readonly depth: number;
  /** The `decide` step and the option under which it stands, innermost last. */
  readonly under: readonly { readonly decide: string; readonly option: string }[];
}

const listed = new WeakMap<Plan, ReadonlyMap<string, PlacedStep>>();

/** Every step of a plan by id, in file order, nested ones after the step that holds them. */
export function stepsOf(plan: Plan): ReadonlyMap<string, PlacedStep> {
  const known = listed.get(plan);
  if (known) return known;
  const steps = new Map<string, PlacedStep>();
  const walk = (step: Step, phase: Phase, depth: number, under: PlacedStep['under']): void => {
    steps.set(step.id, { step, phase, depth, under });
    if (step.form === 'parallel') for (const child of step.steps) walk(child, phase, depth + 1, under);
    if (step.form === 'decide')
      for (const option of step.options)
        for (const child of option.steps)
          walk(child, phase, depth + 1, [...under, { decide: step.id, option: option.id }]);
  };
  for (const phase of plan.phases) for (const step of phase.steps) walk(step, phase, 0, []);
  listed.set(plan, steps);
  return steps;
}

/** The step's title, or its id when the plan does not know it. */
export function titleOf(plan: Plan, step: string): string {
  return stepsOf(plan).get(step)?.step.title ?? step;
}

/** `Database lead (Ana Reyes)`, the role's id where the plan gives no title, `unassigned` in the place of a name nobody gave. */
export function ownerOf(
  plan: Plan,
  people: { readonly [role: string]: { readonly name: string } },
  role: string,
): string {
  const name = people[role]?.name ?? plan.people[role]?.name ?? 'unassigned';
  return `${plan.roles[role]?.title ?? role} (${name})`;
}

/** Who owns a step: its role with the person, or the engine where the plan gives it to nobody. */
export function stepOwner(
  plan: Plan,
  { people }: { readonly people: { readonly [role: string]: { readonly name: string } } },
  { role }: Step,
): string {
  return role === undefined ? 'engine' : ownerOf(plan, people, role);
}
