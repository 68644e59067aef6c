import type { StepDocument } from '../documents/step.js';
import type { Mode } from '../plan.js';
import { knownStep, type Known, type KnownStep } from './known.js';
import { resolveStep, type ResolvedStep } from './resolve-step.js';

/** Visits steps in written order, inner ones after the step that holds them; `known` grows on the way. */
export function walkSteps(
  steps: readonly StepDocument[],
  mode: Mode,
  known: Known,
  visit: (step: ResolvedStep, known: Known) => void,
): readonly KnownStep[] {
  const added: KnownStep[] = [];
  for (const document of steps) {
    const step = resolveStep(document, mode);
    visit(step, known);
    const own = knownStep(step);
    known.add(own);
    added.push(own);
    const options = Object.values(step.decide?.options ?? {});
    added.push(
      ...known.sideBySide(options.map((option) => () => walkSteps(option.steps, mode, known, visit))),
    );
    const branches = step.parallel?.steps ?? [];
    added.push(...known.sideBySide(branches.map((one) => () => walkSteps([one], mode, known, visit))));
  }
  return added;
}
