import type { Phase, Step } from '../plan.js';

export type PromptForm = 'ask' | 'decide' | 'instruct' | 'approve' | 'failure';

export interface Prompt {
  readonly step: Step;
  readonly form: PromptForm;
}

/**
 * Every prompt that can open in a run without people, in written order. A declared choice rules the other options out;
 * without a valid one all of them can come.
 */
export function promptsOf(phases: readonly Phase[], chosen: (step: string) => string | undefined): Prompt[] {
  return phases.flatMap((phase) => promptsOfSteps(phase.steps, chosen));
}

function promptsOfSteps(steps: readonly Step[], chosen: (step: string) => string | undefined): Prompt[] {
  const prompts: Prompt[] = [];
  for (const step of steps) {
    if (step.approve !== undefined) prompts.push({ step, form: 'approve' });
    if (step.form === 'ask' || step.form === 'decide' || step.form === 'instruct')
      prompts.push({ step, form: step.form });
    if (step.onFailure === 'ask') prompts.push({ step, form: 'failure' });
    if (step.form === 'parallel') prompts.push(...promptsOfSteps(step.steps, chosen));
    if (step.form !== 'decide') continue;
    const choice = step.options.find((option) => option.id === chosen(step.id));
    for (const option of choice === undefined ? step.options : [choice])
      prompts.push(...promptsOfSteps(option.steps, chosen));
  }
  return prompts;
}
