import { fieldHint, readField, type ReadValue } from './field-value.js';

export interface PickOption {
  readonly value: string;
  readonly label: string;
  readonly suggested: boolean;
  /** One letter that chooses it at once, where the kind of prompt has such letters. */
  readonly key?: string;
  /** Why it may not be chosen. */
  readonly barred?: string;
}

/** One thing to fill in: a choice among options, or a typed line. */
export type FormField =
  | {
      readonly kind: 'pick';
      readonly key: string;
      readonly label: string;
      readonly options: readonly PickOption[];
    }
  | {
      readonly kind: 'line';
      readonly key: string;
      readonly label: string;
      readonly hint: string;
      readonly maxLength: number;
      read(typed: string): ReadValue;
    };

/** Longest reason or note, in characters. */
export const maxReasonLength = 500;

export function reasonField(label: string): FormField {
  const field = { kind: 'text', prompt: label, maxLength: maxReasonLength } as const;
  return {
    kind: 'line',
    key: 'reason',
    label,
    hint: fieldHint(field),
    maxLength: maxReasonLength,
    read: (typed) => readField(field, typed, 0),
  };
}

/** A line that is right only when it is exactly this word: nothing is confirmed by a single key. */
export function wordField(key: string, label: string, words: readonly string[]): FormField {
  return {
    kind: 'line',
    key,
    label,
    hint: `type ${words.join(' or ')} in full`,
    maxLength: Math.max(...words.map((word) => word.length)) + 20,
    read: (typed) =>
      words.includes(typed.trim())
        ? { ok: true, value: typed.trim() }
        : { ok: false, problem: `"${typed.trim()}" is not ${words.map((word) => `"${word}"`).join(' or ')}` },
  };
}

/** Reads what was typed or picked into a field; a barred or unknown option is a problem that says so. */
export function readInto(field: FormField, typed: string): ReadValue {
  if (field.kind === 'line') return field.read(typed);
  const option = field.options.find((one) => one.value === typed);
  if (!option)
    return { ok: false, problem: `not one of ${field.options.map((one) => one.value).join(', ')}` };
  if (option.barred !== undefined) return { ok: false, problem: `${option.label}: ${option.barred}` };
  return { ok: true, value: option.value };
}
