import type { JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { checkApproval } from './check-approval.js';
import { checkForm } from './check-form.js';
import type { Actor } from './facts.js';
import { findStep } from './plan-index.js';
import { needsReason, type Refusal } from './refusal.js';
import type { PromptState, RunState } from './state.js';

/** Why an answer cannot be taken, or null when it can. The shapes of answers are with `PromptKind`. */
export function checkAnswer(
  plan: Plan,
  state: RunState,
  prompt: PromptState,
  answer: JsonObject,
  reason: string | null,
  by: Actor,
): Refusal | null {
  const step = prompt.step === null ? undefined : findStep(plan, prompt.step)?.step;
  switch (prompt.kind) {
    case 'ask':
      return step?.form === 'ask' ? checkForm(step.fields, answer) : { why: 'its step has no form' };
    case 'approve':
      return checkApproval(plan, state, step, answer, reason, by);
    case 'confirm':
      if (answer['cancel'] === true) return needsReason(reason, 'cancelling');
      return answer['typed'] === prompt.options[0]
        ? null
        : {
            why: `the name typed is ${JSON.stringify(answer['typed'] ?? '')}, not ${prompt.options[0] ?? ''}`,
            hint: `Type ${prompt.options[0] ?? ''} exactly, or cancel with a reason.`,
          };
    case 'instruct':
      if (answer['done'] === true) return null;
      return answer['done'] === false
        ? needsReason(reason, 'saying that it cannot be done')
        : { why: 'neither done nor cannot', hint: 'Say done, or say cannot with a reason.' };
    case 'decide':
    case 'failure':
    case 'resume':
    case 'nothing-found':
      return checkOption(prompt, answer, reason);
  }
}

function checkOption(prompt: PromptState, answer: JsonObject, reason: string | null): Refusal | null {
  const option = answer['option'];
  if (typeof option !== 'string' || !prompt.options.includes(option))
    return {
      why: `${JSON.stringify(option ?? null)} is not one of the options`,
      hint: `Choose one of ${prompt.options.join(', ')}.`,
    };
  return prompt.kind === 'failure' && option === 'skip' ? needsReason(reason, 'skipping a step') : null;
}
