import type { Condition } from '../plan.js';
import { choiceOf, list, named } from '../shape/collections.js';
import { object, required } from '../shape/object.js';
import { anything, id, oneOf, textLike } from '../shape/scalars.js';
import type { Shape } from '../shape/shape.js';
import { entryOf } from '../yaml/node.js';

const answerName = textLike(
  /^[a-z0-9-]+\.[A-Za-z][A-Za-z0-9_-]*$/,
  'bad-answer-name',
  'the name of an answer',
  'Answers are named `step.field`, e.g. `declare.severity`.',
);

const nested: Shape<Condition> = named('condition', () => condition);
const shapes = {
  step: object(
    {
      step: required(id, 'An earlier step.'),
      is: required(oneOf('succeeded', 'failed', 'skipped'), 'How it ended.'),
    },
    { what: 'condition' },
  ),
  answer: object(
    { answer: required(answerName, 'An earlier answer.'), equals: required(anything, 'What it must be.') },
    { what: 'condition' },
  ),
  all: object({ all: required(list(nested, 1), 'All of these.') }, { what: 'condition' }),
  any: object({ any: required(list(nested, 1), 'At least one of these.') }, { what: 'condition' }),
  not: object({ not: required(nested, 'Not this one.') }, { what: 'condition' }),
};

/** `{step, is}`, `{answer, equals}`, `{all}`, `{any}` or `{not}`. */
export const condition: Shape<Condition> = choiceOf<Condition>(Object.values(shapes), (node) => {
  const keys = Object.keys(shapes) as (keyof typeof shapes)[];
  const key = keys.find((one) => node.type === 'map' && entryOf(node, one) !== undefined);
  return shapes[key ?? 'step'];
});
