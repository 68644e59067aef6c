import type { Json } from '../../base/index.js';
import { timestamp } from '../shape/scalars.js';
import type { Field } from '../plan.js';
import { invalid, Report } from '../shape/shape.js';
import { listed, quote, suggest } from '../shape/words.js';

/** Why a value is no answer to a field, with what is; nothing when it is one. */
export function judgeAnswer(
  field: Field,
  value: Json,
): { message: string; hint?: string | undefined } | undefined {
  const shown = typeof value === 'string' ? quote(value) : JSON.stringify(value);
  switch (field.kind) {
    case 'choice':
      if (field.options.some((option) => option === value)) return undefined;
      return {
        message: `${shown} is none of the answers`,
        hint: suggest(typeof value === 'string' ? value : '', field.options),
      };
    case 'text':
      if (typeof value !== 'string' || value.trim() === '') return { message: `text expected, not ${shown}` };
      return value.length <= field.maxLength
        ? undefined
        : { message: `text of ${value.length} characters, at most ${field.maxLength} are allowed` };
    case 'number': {
      const { min = -Infinity, max = Infinity } = field;
      if (typeof value !== 'number') return { message: `number expected, not ${shown}` };
      if (value >= min && value <= max) return undefined;
      const limits = [
        ...(min > -Infinity ? [`at least ${min}`] : []),
        ...(max < Infinity ? [`at most ${max}`] : []),
      ];
      return { message: `${shown} is not ${listed(limits)}` };
    }
    case 'time':
      return isTimestamp(value)
        ? undefined
        : {
            message: `point in time expected, not ${shown}`,
            hint: 'Write e.g. `2027-01-17T09:00:00+08:00`.',
          };
    case 'confirm':
      return typeof value === 'boolean' ? undefined : { message: `true or false expected, not ${shown}` };
  }
}

function isTimestamp(value: Json): boolean {
  if (typeof value !== 'string') return false;
  const position = { file: '', line: 1, column: 1 };
  return timestamp.read({ type: 'scalar', value, source: value, position }, new Report()) !== invalid;
}
