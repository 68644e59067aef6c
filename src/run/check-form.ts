import { didYouMean, type Json, type JsonObject } from '../base/index.js';
import type { Field } from '../language/index.js';
import type { Refusal } from './refusal.js';

/** Every field of a form must be filled in, each with a value of its kind, and nothing else. */
export function checkForm(fields: { readonly [name: string]: Field }, answer: JsonObject): Refusal | null {
  const names = Object.keys(fields);
  for (const name of Object.keys(answer)) {
    if (Object.hasOwn(fields, name)) continue;
    const meant = didYouMean(name, names);
    const hint = meant === undefined ? `The fields are ${names.join(', ')}.` : `Did you mean ${meant}?`;
    return { why: `the form has no field ${name}`, hint };
  }
  for (const [name, field] of Object.entries(fields)) {
    const value = answer[name];
    const wrong = value === undefined ? 'is not filled in' : wrongWith(field, value);
    if (wrong !== null) return { why: `${name} ${wrong}` };
  }
  return null;
}

function wrongWith(field: Field, value: Json): string | null {
  switch (field.kind) {
    case 'choice':
      if (typeof value === 'string' && field.options.includes(value)) return null;
      return `is ${JSON.stringify(value)}, not one of ${field.options.join(', ')}`;
    case 'text': {
      if (typeof value !== 'string' || value.trim() === '') return 'is not filled in';
      return value.length > field.maxLength
        ? `has ${value.length} characters, at most ${field.maxLength} are allowed`
        : null;
    }
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value))
        return `is ${JSON.stringify(value)}, not a number`;
      if (field.min !== undefined && value < field.min) return `is ${value}, below ${field.min}`;
      return field.max !== undefined && value > field.max ? `is ${value}, above ${field.max}` : null;
    }
    case 'time':
      return typeof value === 'string' && isTime(value)
        ? null
        : `is ${JSON.stringify(value)}, not a time in UTC`;
    case 'confirm':
      return typeof value === 'boolean' ? null : `is ${JSON.stringify(value)}, neither true nor false`;
  }
}

function isTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}
