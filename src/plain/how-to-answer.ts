import { printable } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { promptFields, stepsOf, type PromptState, type RunState } from '../run/index.js';

/** Why it is asked, what may be typed to answer it on a terminal without a screen, and what to do if it fails; one line each. */
export function howToAnswer(plan: Plan, state: RunState, prompt: PromptState): string[] {
  const step = prompt.step === null ? undefined : stepsOf(plan).get(prompt.step)?.step;
  const why = step?.why === undefined ? [] : [`why: ${printable(step.why)}`];
  const fails = step?.ifFails === undefined ? [] : [`if it fails: ${printable(step.ifFails)}`];
  return [...why, ...forms(plan, state, prompt).map((form) => `type: ${form}`), ...fails];
}

function forms(plan: Plan, state: RunState, prompt: PromptState): string[] {
  switch (prompt.kind) {
    case 'instruct':
      return ['done', 'cannot <reason>'];
    case 'confirm':
      return [prompt.options[0] ?? ''];
    case 'approve': {
      const [who] = promptFields(plan, state, prompt, {}, 0);
      if (who?.kind !== 'pick') return [];
      return who.options
        .filter((option) => option.barred === undefined)
        .flatMap(({ value, label }) => {
          const [how, role = ''] = value.split(/:(.*)/su);
          return how === 'alone'
            ? [`break-glass ${role} <reason>   (${label})`]
            : [`yes ${role}   (approves as ${label})`, `no ${role} <reason>`];
        });
    }
    case 'ask':
      return promptFields(plan, state, prompt, {}, 0).map((field) => {
        const allowed =
          field.kind === 'line' ? field.hint : field.options.map((one) => one.value).join(' | ');
        return `${field.key}: <${field.label}; ${allowed}>`;
      });
    default: {
      const [field] = promptFields(plan, state, prompt, {}, 0);
      if (field?.kind !== 'pick') return [];
      return field.options.map((option) => {
        const needsReason = promptFields(plan, state, prompt, { option: option.value }, 0).length > 1;
        const mark = option.suggested ? ', suggested' : '';
        return `${option.value}${needsReason ? ' <reason>' : ''}   (${option.label}${mark})`;
      });
    }
  }
}
