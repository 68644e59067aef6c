import { answerer, promptFields, promptInput, type FormField, type PromptState } from '../run/index.js';
import { activeField, reduceForm, type FieldsOf } from './form.js';
import type { Key } from './key.js';
import {
  emptyDraft,
  only,
  warn,
  type Draft,
  type Reduced,
  type ScreenContext,
  type ScreenState,
} from './screen-state.js';

export function questionFields(prompt: PromptState, context: ScreenContext): FieldsOf {
  return (values) => promptFields(context.plan, context.state, prompt, values, context.nowMs);
}

function setDraft(
  screen: ScreenState,
  prompt: PromptState,
  draft: Draft,
  field: FormField | 'send' | undefined,
): ScreenState {
  const typing = typeof field === 'object' && field.kind === 'line';
  return { ...screen, drafts: { ...screen.drafts, [prompt.id]: draft }, typing };
}

/** Enter on a question whose next field is a line starts the typing; null where there is nothing to type. */
export function startTyping(
  screen: ScreenState,
  prompt: PromptState,
  context: ScreenContext,
): Reduced | null {
  const draft = screen.drafts[prompt.id] ?? emptyDraft;
  const field = activeField(draft, questionFields(prompt, context)(draft.values));
  return typeof field === 'object' && field.kind === 'line' ? only({ ...screen, typing: true }) : null;
}

/** One key for the selected question. */
export function reduceQuestion(
  screen: ScreenState,
  prompt: PromptState,
  key: Key,
  context: ScreenContext,
): Reduced {
  if (screen.sending === prompt.id) return warn(screen, 'the answer is being recorded');
  const fieldsOf = questionFields(prompt, context);
  const draft = screen.drafts[prompt.id] ?? emptyDraft;
  const result = reduceForm(draft, fieldsOf, key);
  switch (result.kind) {
    case 'changed':
      return only(
        setDraft(screen, prompt, result.draft, activeField(result.draft, fieldsOf(result.draft.values))),
      );
    case 'problem':
      return warn({ ...screen, drafts: { ...screen.drafts, [prompt.id]: result.draft } }, result.problem);
    case 'ignored':
      return key.name === 'char'
        ? warn(screen, `"${key.text}" does nothing here; press ? for the keys`)
        : only(screen);
    case 'complete': {
      const by = screen.me ?? answerer(context.plan, context.state, prompt, context.operator);
      const input = promptInput(context.plan, context.state, prompt, result.draft.values, by);
      // A refused answer is filled in again from the beginning, with what was typed still there.
      const again = { ...result.draft, values: {} };
      const drafts = { ...screen.drafts, [prompt.id]: again };
      return {
        screen: { ...screen, drafts, typing: false, sending: prompt.id },
        effects: [{ do: 'submit', to: prompt.id, input }],
      };
    }
  }
}
