import type { Expectation } from '../../base/index.js';
import { freeMap, list, mapOf } from '../shape/collections.js';
import { object, optional, required, type ObjectOf } from '../shape/object.js';
import type { Placed } from '../shape/origin.js';
import { actionName, anything, number, text } from '../shape/scalars.js';
import { invalid, type Shape } from '../shape/shape.js';
import { parseDuration } from '../../base/index.js';
import { quote } from '../shape/words.js';

const pattern: Shape<string> = {
  schema: () => ({ type: 'string' }),
  read(node, report) {
    const written = text(500).read(node, report);
    if (written === invalid) return invalid;
    try {
      new RegExp(written, 'u');
      return written;
    } catch {
      return report.error(node.position, 'bad-pattern', `${quote(written)} is not a regular expression`);
    }
  },
};

const within: Shape<string> = {
  schema: () => ({ type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' }),
  read(node, report) {
    if (node.type === 'scalar' && typeof node.value === 'string' && parseDuration(node.value) !== undefined)
      return node.value;
    return report.error(
      node.position,
      'bad-duration',
      'duration expected',
      'Write a number and a unit, e.g. `15m`.',
    );
  },
};

const expectationFields = object(
  {
    equals: optional(anything, 'The value must be this one.'),
    not: optional(anything, 'The value must not be this one.'),
    atLeast: optional(number(), 'The number must be this or more.'),
    atMost: optional(number(), 'The number must be this or less.'),
    within: optional(within, 'The number of milliseconds must be this duration or less.'),
    matches: optional(pattern, 'The text must match this regular expression.'),
    oneOf: optional(list(anything, 1), 'The value must be one of these.'),
  },
  { what: 'expectation' },
);

/** Must name something: an expectation of nothing could never fail. */
const expectation: Shape<Expectation> = {
  schema: (definitions) => ({ ...expectationFields.schema(definitions), minProperties: 1 }),
  read(node, report) {
    if (node.type === 'map' && node.entries.length === 0) {
      const hint = 'Write e.g. `{equals: 200}` or `{atLeast: 1}`.';
      return report.error(node.position, 'empty-expectation', 'expectation of nothing', hint);
    }
    if (node.type !== 'map') {
      const written = node.type === 'scalar' ? node.source : '…';
      const hint = `Write \`{equals: ${written}}\`, or another of equals, not, atLeast, atMost, within, matches, oneOf.`;
      return report.error(node.position, 'wrong-type', 'expectation: mapping expected', hint);
    }
    return expectationFields.read(node, report);
  },
};

export const expectations = mapOf(expectation, { minEntries: 1 });

const uses = required(actionName, 'The action, e.g. `postgres.restore`.');
const args = optional(freeMap, 'Arguments of the action; may hold `${…}`.');
const expect = optional(expectations, 'What the outputs must be; without it the output `ok` must be true.');

/** An action with its arguments. */
export const actionCall = object({ uses, with: args }, { what: 'call' });
/** An action that answers a question: it also says what its outputs must be. */
export const checkCall = object({ uses, with: args, expect }, { what: 'check' });
export const callFields = { uses, with: args, expect };

export type CallDocument = Placed<ObjectOf<typeof callFields>>;
