import { printable, type JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { approvalFields } from './approval-form.js';
import { fieldHint, readField } from './field-value.js';
import { reasonField, wordField, type FormField } from './form-field.js';
import type { PromptState, RunState } from './state.js';
import { stepsOf } from './step-list.js';

/** What has to be filled in to answer a prompt, given what is filled in already: some fields appear only after a choice. */
export function promptFields(
  plan: Plan,
  state: RunState,
  prompt: PromptState,
  values: JsonObject,
  nowMs: number,
): FormField[] {
  switch (prompt.kind) {
    case 'ask':
      return askFields(plan, prompt, nowMs);
    case 'approve':
      return approvalFields(plan, state, prompt, values);
    case 'confirm': {
      const name = prompt.options[0] ?? '';
      const word = wordField('typed', `Type the name ${name} to go on, or cancel`, [name, 'cancel']);
      return values['typed'] === 'cancel' && name !== 'cancel' ? [word, reasonField('Why not')] : [word];
    }
    case 'instruct': {
      const options = [
        { value: 'done', label: 'Done: I have done it', suggested: false, key: 'd' },
        { value: 'cannot', label: 'Cannot: it cannot be done', suggested: false, key: 'c' },
      ];
      return withReason([{ kind: 'pick', key: 'option', label: 'Your report', options }], values, ['cannot']);
    }
    case 'decide':
    case 'failure':
    case 'resume':
    case 'nothing-found': {
      const options = prompt.options.map((id) => ({
        value: id,
        label: optionLabel(plan, prompt, id),
        suggested: id === prompt.suggest,
      }));
      return withReason([{ kind: 'pick', key: 'option', label: 'Your choice', options }], values, [
        'skip',
        'abort',
      ]);
    }
  }
}

function withReason(fields: FormField[], values: JsonObject, needing: readonly string[]): FormField[] {
  const chosen = values['option'];
  const needs = typeof chosen === 'string' && needing.includes(chosen) && fields[0]?.key === 'option';
  return needs ? [...fields, reasonField('Why')] : fields;
}

function askFields(plan: Plan, prompt: PromptState, nowMs: number): FormField[] {
  const step = prompt.step === null ? undefined : stepsOf(plan).get(prompt.step)?.step;
  if (step?.form !== 'ask') return [];
  return Object.entries(step.fields).map(([key, field]): FormField => {
    const label = printable(field.prompt);
    if (field.kind === 'choice' || field.kind === 'confirm') {
      const words = field.kind === 'choice' ? field.options : ['yes', 'no'];
      const options = words.map((word) => ({ value: word, label: printable(word), suggested: false }));
      return { kind: 'pick', key, label, options };
    }
    const maxLength = field.kind === 'text' ? field.maxLength : 40;
    return {
      kind: 'line',
      key,
      label,
      hint: fieldHint(field),
      maxLength,
      read: (typed) => readField(field, typed, nowMs),
    };
  });
}

const choiceWords: { readonly [kind: string]: { readonly [id: string]: string } } = {
  failure: {
    retry: 'Try again',
    'by-hand': 'Done by hand: the check will be run',
    skip: 'Skip it, with a reason',
    abort: 'Abort the run, with a reason',
  },
  resume: { again: 'Run it again', done: 'It was done', abort: 'Abort the run, with a reason' },
  'nothing-found': { 'go-on': 'Go on with the response', stop: 'Stop here' },
};

function optionLabel(plan: Plan, prompt: PromptState, id: string): string {
  const step = prompt.step === null ? undefined : stepsOf(plan).get(prompt.step)?.step;
  if (id === 'by-hand' && step !== undefined && step.check === undefined)
    return 'Done by hand: nothing can check it';
  // Whatever becomes of one obligation, the others are still done.
  if (id === 'abort' && prompt.step !== null && stepsOf(plan).get(prompt.step)?.phase.stage === 'always')
    return 'Leave it open, with a reason: the others go on';
  const title =
    step?.form === 'decide' && prompt.kind === 'decide'
      ? step.options.find((option) => option.id === id)?.title
      : choiceWords[prompt.kind]?.[id];
  return printable(title ?? id);
}
