import type { Json } from '../base/index.js';
import { readInto, type FormField } from '../run/index.js';
import type { Key } from './key.js';
import type { Draft } from './screen-state.js';
import { editText, emptyInput } from './text-input.js';

/** Given what is filled in, the fields there are; later fields may depend on earlier values. */
export type FieldsOf = (values: Draft['values']) => readonly FormField[];

/** What one key did to a form. */
export type FormResult =
  | { readonly kind: 'changed'; readonly draft: Draft }
  | { readonly kind: 'problem'; readonly draft: Draft; readonly problem: string }
  /** All is filled in and Enter was pressed. */
  | { readonly kind: 'complete'; readonly draft: Draft }
  /** The key means nothing here. */
  | { readonly kind: 'ignored' };

/** The field that keys go to; `send` when all are filled in and the form wants a last Enter; undefined when it wants none. */
export function activeField(draft: Draft, fields: readonly FormField[]): FormField | 'send' | undefined {
  const chosen = draft.at === null ? undefined : fields.find((field) => field.key === draft.at);
  return (
    chosen ??
    fields.find((field) => !Object.hasOwn(draft.values, field.key)) ??
    (needsSend(fields) ? 'send' : undefined)
  );
}

/** A form of several questions is sent by an Enter of its own, so that the last answer can still be looked at. */
function needsSend(fields: readonly FormField[]): boolean {
  return (
    fields.length > 1 && !fields.some((field) => ['option', 'who', 'word', 'reason'].includes(field.key))
  );
}

export function reduceForm(draft: Draft, fieldsOf: FieldsOf, key: Key): FormResult {
  const fields = fieldsOf(draft.values);
  const field = activeField(draft, fields);
  if (key.name === 'shift-tab') return back(draft, fields, field);
  if (field === undefined) return key.name === 'enter' ? { kind: 'complete', draft } : { kind: 'ignored' };
  if (field === 'send') {
    if (key.name === 'enter') return { kind: 'complete', draft };
    return key.name === 'up' ? back(draft, fields, field) : { kind: 'ignored' };
  }
  return field.kind === 'pick' ? pick(draft, fieldsOf, field, key) : type(draft, fieldsOf, field, key);
}

function back(draft: Draft, fields: readonly FormField[], field: FormField | 'send' | undefined): FormResult {
  const index = typeof field === 'object' ? fields.indexOf(field) : fields.length;
  const before = fields[index - 1];
  return before ? { kind: 'changed', draft: { ...draft, at: before.key } } : { kind: 'ignored' };
}

function pick(draft: Draft, fieldsOf: FieldsOf, field: FormField & { kind: 'pick' }, key: Key): FormResult {
  const at = draft.picks[field.key];
  const last = field.options.length - 1;
  const move = (to: number): FormResult => ({
    kind: 'changed',
    draft: { ...draft, picks: { ...draft.picks, [field.key]: Math.min(last, Math.max(0, to)) } },
  });
  if (last < 0) return { kind: 'problem', draft, problem: 'there is nothing to choose from' };
  if (key.name === 'down') return move(at === undefined ? 0 : at + 1);
  if (key.name === 'up') return move(at === undefined ? last : at - 1);
  if (key.name === 'enter') {
    const option = at === undefined ? undefined : field.options[at];
    if (!option)
      return {
        kind: 'problem',
        draft,
        problem: 'nothing is chosen yet: move with the arrows or press a number',
      };
    return accept(draft, fieldsOf, field, option.value);
  }
  if (key.name !== 'char') return { kind: 'ignored' };
  const byLetter = field.options.findIndex((option) => option.key === key.text);
  const option = field.options[byLetter];
  if (option)
    return accept(
      { ...draft, picks: { ...draft.picks, [field.key]: byLetter } },
      fieldsOf,
      field,
      option.value,
    );
  if (!/^[1-9]$/u.test(key.text)) return { kind: 'ignored' };
  const number = Number(key.text) - 1;
  return number > last ? { kind: 'problem', draft, problem: `there is no number ${key.text}` } : move(number);
}

function type(draft: Draft, fieldsOf: FieldsOf, field: FormField & { kind: 'line' }, key: Key): FormResult {
  const input = draft.inputs[field.key] ?? emptyInput;
  if (key.name === 'enter') return accept(draft, fieldsOf, field, input.text);
  if (key.name === 'up') return back(draft, fieldsOf(draft.values), field);
  const edited = editText(input, key, field.maxLength);
  if (edited === 'full')
    return { kind: 'problem', draft, problem: `at most ${field.maxLength} characters fit` };
  if (edited === input) return { kind: 'ignored' };
  return { kind: 'changed', draft: { ...draft, inputs: { ...draft.inputs, [field.key]: edited } } };
}

function accept(draft: Draft, fieldsOf: FieldsOf, field: FormField, typed: string): FormResult {
  const read = readInto(field, typed);
  if (!read.ok) return { kind: 'problem', draft, problem: read.problem };
  const before = fieldsOf(draft.values);
  const changed = draft.values[field.key] !== undefined && draft.values[field.key] !== read.value;
  // What follows from a choice was said under the earlier one: a typed yes must not be carried over to another question.
  const later =
    changed && !needsSend(before)
      ? before.slice(before.findIndex((one) => one.key === field.key) + 1).map((one) => one.key)
      : [];
  const without = <T>(all: { readonly [key: string]: T }): { readonly [key: string]: T } =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !later.includes(key)));
  const values: { readonly [key: string]: Json } = { ...without(draft.values), [field.key]: read.value };
  const fields = fieldsOf(values);
  // A value whose field is no longer asked for must not reach the answer.
  const kept = Object.fromEntries(
    Object.entries(values).filter(([key]) => fields.some((one) => one.key === key)),
  );
  const next: Draft = { ...draft, values: kept, inputs: without(draft.inputs), at: null };
  return activeField(next, fields) === undefined
    ? { kind: 'complete', draft: next }
    : { kind: 'changed', draft: next };
}
