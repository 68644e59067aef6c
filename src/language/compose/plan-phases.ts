import type { ChecklistDocument } from '../documents/checklist.js';
import type { RunbookDocument } from '../documents/runbook.js';
import type { Phase, Step } from '../plan.js';
import { placeOf } from '../shape/origin.js';
import { given } from '../given.js';
import { planCall, planSteps, type StepDefaults } from './plan-steps.js';

export interface Checklists {
  readonly before?: ChecklistDocument | undefined;
  readonly after?: ChecklistDocument | undefined;
}

/** The checklist before, the runbook's phases, its obligations, the checklist after. */
export function planPhases(
  runbook: RunbookDocument,
  checklists: Checklists,
  defaults: StepDefaults,
): Phase[] {
  const phases: Phase[] = [];
  if (checklists.before !== undefined) phases.push(checklistPhase(checklists.before, 'before', defaults));
  for (const phase of runbook.phases) {
    const { id, title, target } = phase;
    const steps = planSteps(phase.steps, defaults);
    phases.push({ id, title, stage: 'response', ...given('targetMs', target), steps });
  }
  if (runbook.always !== undefined) {
    const { title = 'Obligations', target } = runbook.always;
    const steps = planSteps(runbook.always.steps, defaults);
    phases.push({ id: 'always', title, stage: 'always', ...given('targetMs', target), steps });
  }
  if (checklists.after !== undefined) phases.push(checklistPhase(checklists.after, 'after', defaults));
  return phases;
}

/** Each item of a checklist is a task for a person. */
function checklistPhase(
  checklist: ChecklistDocument,
  stage: 'before' | 'after',
  defaults: StepDefaults,
): Phase {
  const steps = checklist.items.map((item): Step => ({
    id: item.id,
    title: item.title,
    position: placeOf(item),
    ...given('why', item.why),
    ...given('role', item.role),
    ...given('timeoutMs', item.timeout),
    onTimeout: 'remind',
    effect: 'once',
    retry: { attempts: 1, backoffMs: 0 },
    ...given('check', item.check === undefined ? undefined : planCall(item.check)),
    onFailure: defaults.unattended ? 'stop' : 'ask',
    saves: {},
    evidence: item.evidence ?? [],
    overridden: [],
    form: 'instruct',
    text: item.text ?? item.title,
  }));
  return { id: checklist.id, title: checklist.title, stage, steps };
}
