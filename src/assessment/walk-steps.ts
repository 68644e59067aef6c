import type { Phase, Plan, Stage, Step } from '../language/index.js';

/** A step of the plan with where it stands. */
export interface PlannedStep {
  readonly step: Step;
  readonly phase: Phase;
  /** Inside an option of a decision: it is due only when that option is chosen. */
  readonly optional: boolean;
}

/** Every step of the plan in written order, nested ones after the step that holds them. */
export function plannedSteps(plan: Plan, stages?: readonly Stage[]): PlannedStep[] {
  return plan.phases
    .filter((phase) => stages === undefined || stages.includes(phase.stage))
    .flatMap((phase) => phase.steps.flatMap((step) => walk(step, phase, false)));
}

function walk(step: Step, phase: Phase, optional: boolean): PlannedStep[] {
  const here: PlannedStep[] = [{ step, phase, optional }];
  if (step.form === 'parallel') return [...here, ...step.steps.flatMap((one) => walk(one, phase, optional))];
  if (step.form === 'decide')
    return [
      ...here,
      ...step.options.flatMap((option) => option.steps.flatMap((one) => walk(one, phase, true))),
    ];
  return here;
}
