import { parseDuration, type Json } from '../../base/index.js';
import { jsonOf } from '../yaml/node.js';
import { invalid, type Shape } from './shape.js';
import { quote, show, suggest } from './words.js';

const quotesHint = 'Put it in quotes to make it text.';

/** Any text with at least one visible character. */
export function text(maxLength = 10_000): Shape<string> {
  return {
    schema: () => ({ type: 'string', minLength: 1, maxLength }),
    read(node, report) {
      if (node.type !== 'scalar' || typeof node.value !== 'string') {
        const hint = node.type === 'scalar' && node.value !== null ? quotesHint : undefined;
        return report.error(node.position, 'wrong-type', `text expected, not ${show(node)}`, hint);
      }
      if (node.value.trim() === '')
        return report.error(node.position, 'empty-text', 'text expected, not an empty one');
      if (node.value.length > maxLength) {
        const message = `text of ${node.value.length} characters is too long`;
        return report.error(node.position, 'too-long', message, `Up to ${maxLength} characters are allowed.`);
      }
      return node.value;
    },
  };
}

/** Text of a given form. */
export function textLike(pattern: RegExp, code: string, what: string, hint: string): Shape<string> {
  const any = text(400);
  return {
    schema: () => ({ type: 'string', maxLength: 400, pattern: pattern.source }),
    read(node, report) {
      const value = any.read(node, report);
      if (value === invalid || pattern.test(value)) return value;
      return report.error(node.position, code, `${quote(value)} is not ${what}`, hint);
    },
  };
}

export const kebabPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Ids of documents, phases, steps, options: lower-case words joined by hyphens. */
export const id = textLike(
  kebabPattern,
  'bad-id',
  'an id',
  'Ids are lower-case words joined by hyphens, e.g. `stop-application`.',
);

/** Names that `${…}` can hold: no dots, no blanks. */
export const namePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
export const actionName = textLike(
  /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/,
  'bad-action-name',
  'the name of an action',
  'Actions are named `family.verb-phrase`, e.g. `postgres.restore`.',
);
export const version = textLike(
  /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/,
  'bad-version',
  'a version',
  'Versions have three numbers, e.g. `1.0.0`.',
);
export const timestamp = textLike(
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
  'bad-time',
  'a point in time',
  'Write date, time and offset, e.g. `2027-01-17T09:00:00+08:00`.',
);
export const filePath = text(1000);

/** A duration with its unit; read as milliseconds. */
export const durationMs: Shape<number> = {
  schema: () => ({
    type: 'string',
    pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$',
    description: 'A duration with its unit: 90s, 15m, 1h30m.',
  }),
  read(node, report) {
    const written = node.type === 'scalar' ? node.source : '';
    if (node.type === 'scalar' && typeof node.value === 'string') {
      const ms = parseDuration(node.value);
      if (ms !== undefined && Number.isSafeInteger(ms)) return ms;
    }
    const hint =
      node.type === 'scalar' && typeof node.value === 'number'
        ? `Give the unit: \`${written}s\`, \`${written}m\` or \`${written}h\`.`
        : 'Write a number and a unit (ms, s, m, h, d), e.g. `90s`, `15m`, `1h30m`.';
    return report.error(node.position, 'bad-duration', `duration expected, not ${show(node)}`, hint);
  },
};

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): Shape<number> {
  return number({ min, max, whole: true });
}

export function number(limits: { min?: number; max?: number; whole?: boolean } = {}): Shape<number> {
  const { min, max, whole = false } = limits;
  const kind = whole ? 'whole number' : 'number';
  return {
    schema: () => ({
      type: whole ? 'integer' : 'number',
      ...(min === undefined ? {} : { minimum: min }),
      ...(max === undefined ? {} : { maximum: max }),
    }),
    read(node, report) {
      if (
        node.type !== 'scalar' ||
        typeof node.value !== 'number' ||
        (whole && !Number.isInteger(node.value))
      )
        return report.error(node.position, 'wrong-type', `${kind} expected, not ${show(node)}`);
      if ((min !== undefined && node.value < min) || (max !== undefined && node.value > max)) {
        const limit = min !== undefined && node.value < min ? `at least ${min}` : `at most ${max ?? ''}`;
        return report.error(node.position, 'out-of-range', `${node.value} is not ${limit}`);
      }
      return node.value;
    },
  };
}

export const truth: Shape<boolean> = {
  schema: () => ({ type: 'boolean' }),
  read(node, report) {
    if (node.type === 'scalar' && typeof node.value === 'boolean') return node.value;
    return report.error(
      node.position,
      'wrong-type',
      `truth value expected, not ${show(node)}`,
      'Write `true` or `false`.',
    );
  },
};

export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return {
    schema: () => ({ enum: [...words] }),
    read(node, report) {
      const found = words.find((word) => node.type === 'scalar' && node.value === word);
      if (found !== undefined) return found;
      const hint = suggest(node.type === 'scalar' ? String(node.value) : '', words);
      return report.error(node.position, 'bad-value', `${show(node)} is not allowed here`, hint);
    },
  };
}

/** Any value: its shape is judged elsewhere. */
export const anything: Shape<Json> = { schema: () => ({}), read: (node) => jsonOf(node) };
