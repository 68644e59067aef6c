import type { Json } from '../base/index.js';
import type { Field } from '../language/index.js';

/** What a person typed, read as the value a field wants. */
export type ReadValue =
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };

const problem = (text: string): ReadValue => ({ ok: false, problem: text });
const value = (found: Json): ReadValue => ({ ok: true, value: found });

/**
 * Reads one typed line for a field of an `ask` step: text as it is, numbers within their bounds, times as ISO UTC, a choice by
 * its words, `yes` or `no` for a confirmation. Nothing typed is never an answer. `nowMs` dates a bare `HH:MM`.
 */
export function readField(field: Field, typed: string, nowMs: number): ReadValue {
  const text = typed.trim();
  if (text === '') return problem('nothing typed yet');
  switch (field.kind) {
    case 'text':
      return text.length > field.maxLength
        ? problem(`${text.length} characters, at most ${field.maxLength} are allowed`)
        : value(text);
    case 'number':
      return readNumber(field, text);
    case 'time':
      return readTime(text, nowMs);
    case 'choice':
      return field.options.includes(text) ? value(text) : problem(`not one of ${field.options.join(', ')}`);
    case 'confirm':
      return text === 'yes' ? value(true) : text === 'no' ? value(false) : problem('type yes or no in full');
  }
}

function readNumber(field: Field & { kind: 'number' }, text: string): ReadValue {
  if (!/^[+-]?\d+(\.\d+)?$/u.test(text)) return problem(`not a number: ${text}`);
  const number = Number(text);
  if (field.min !== undefined && number < field.min) return problem(`${number} is below ${field.min}`);
  if (field.max !== undefined && number > field.max) return problem(`${number} is above ${field.max}`);
  return value(number);
}

const timeForm = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}:\d{2})(:\d{2})?\s?(Z|[+-]\d{2}:\d{2})?$/u;

/** A bare time is the last such time that has already been; without an offset it is UTC. */
function readTime(text: string, nowMs: number): ReadValue {
  const match = timeForm.exec(text);
  if (!match) return problem(`not a time: ${text}; type 14:05, 14:05 +08:00 or 2027-01-17 14:05`);
  const [, date, minutes = '', seconds = ':00', offset = 'Z'] = match;
  const day = date ?? new Date(nowMs).toISOString().slice(0, 10);
  let ms = Date.parse(`${day}T${minutes.padStart(5, '0')}${seconds}${offset}`);
  if (Number.isNaN(ms)) return problem(`there is no such time: ${text}`);
  // A date that rolls over (30 February) is no date.
  if (date !== undefined && !new Date(`${date}T00:00:00Z`).toISOString().startsWith(date))
    return problem(`there is no such day: ${date}`);
  if (date === undefined && ms > nowMs) ms -= 86_400_000;
  if (date === undefined && nowMs - ms > 86_400_000) ms += 86_400_000;
  return value(new Date(ms).toISOString());
}

/** What may be typed into a field, as a short hint. */
export function fieldHint(field: Field): string {
  switch (field.kind) {
    case 'text':
      return `text, at most ${field.maxLength} characters`;
    case 'number': {
      const { min, max } = field;
      if (min !== undefined && max !== undefined) return `a number from ${min} to ${max}`;
      return `a number${min === undefined ? '' : `, at least ${min}`}${max === undefined ? '' : `, at most ${max}`}`;
    }
    case 'time':
      return 'a time such as 14:05, UTC unless you add an offset (14:05 +08:00)';
    case 'choice':
      return `one of ${field.options.join(', ')}`;
    case 'confirm':
      return 'yes or no';
  }
}
