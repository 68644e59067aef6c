import { choiceOf, exactly, list, mapOf } from '../shape/collections.js';
import { object, optional, required, withDefault } from '../shape/object.js';
import type { Placed } from '../shape/origin.js';
import { durationMs, kebabPattern, number, text, wholeNumber } from '../shape/scalars.js';
import type { Shape } from '../shape/shape.js';
import { entryOf } from '../yaml/node.js';
import { checkCall, type CallDocument } from './call.js';

const prompt = required(text(500), 'The question; may hold `${…}`.');
const none = object({}, { what: 'field' });
/** What a field without settings holds: nothing, `true`, or an empty mapping. */
const empty: Shape<unknown> = {
  schema: () => ({ anyOf: [{ type: 'object', maxProperties: 0 }, { const: true }] }),
  read: (node, report) => (node.type === 'scalar' && node.value === true ? true : none.read(node, report)),
};

const fieldShapes = {
  choice: object(
    { prompt, choice: required(list(text(100), 1), 'The answers there are.') },
    { what: 'field' },
  ),
  text: object(
    {
      prompt,
      text: required(
        object({ max: withDefault(wholeNumber(1, 10_000), 1000, 'Characters at most.') }, { what: 'text' }),
        'Free text.',
      ),
    },
    { what: 'field' },
  ),
  number: object(
    {
      prompt,
      number: required(
        object(
          { min: optional(number(), 'At least.'), max: optional(number(), 'At most.') },
          { what: 'number' },
        ),
        'A number.',
      ),
    },
    { what: 'field' },
  ),
  time: object({ prompt, time: required(empty, 'A point in time.') }, { what: 'field' }),
  confirm: object({ prompt, confirm: required(empty, 'Yes or no.') }, { what: 'field' }),
};
type FieldShapes = typeof fieldShapes;
type ValueOf<S> = S extends Shape<infer T> ? T : never;
export type FieldDocument = ValueOf<FieldShapes[keyof FieldShapes]>;

const kinds = Object.keys(fieldShapes) as (keyof FieldShapes)[];
const field: Shape<FieldDocument> = {
  schema: (definitions) => ({ oneOf: kinds.map((kind) => fieldShapes[kind].schema(definitions)) }),
  read(node, report) {
    const present = node.type === 'map' ? kinds.filter((kind) => entryOf(node, kind) !== undefined) : [];
    const [kind] = present;
    if (kind !== undefined && present.length === 1) return fieldShapes[kind].read(node, report);
    const problem =
      present.length === 0 ? 'field says not what it asks for' : `field has ${present.join(' and ')}`;
    return report.error(
      node.position,
      'field-kind',
      problem,
      `Exactly one of ${kinds.join(', ')}, and a \`prompt\`.`,
    );
  },
};

export const askForm = mapOf(field, { minEntries: 1 });

export type BlockDocument<S> = Placed<{ readonly steps: readonly S[] }>;
export type OptionDocument<S> = Placed<{ readonly title: string; readonly steps: readonly S[] }>;
export type DecideForm<S> = Placed<{
  readonly prompt: string;
  readonly suggest?: string;
  readonly options: Placed<{ readonly [id: string]: OptionDocument<S> }>;
}>;

/** A choice between blocks of steps; what a step is, the caller says. */
export function decideForm<S>(steps: Shape<readonly S[]>): Shape<DecideForm<S>> {
  const option = object(
    {
      title: required(text(200), 'What the option means.'),
      steps: required(steps, 'What is done when it is chosen.'),
    },
    { what: 'option' },
  );
  const keys = {
    pattern: kebabPattern,
    what: 'an id',
    hint: 'Options are lower-case words joined by hyphens.',
  };
  return object(
    {
      prompt,
      suggest: optional(text(200), 'The option to offer first; may be `${…}`.'),
      options: required(mapOf<OptionDocument<S>>(option, keys), 'Option: title and steps.'),
    },
    { what: 'decision' },
  );
}

export function parallelForm<S>(steps: Shape<readonly S[]>): Shape<BlockDocument<S>> {
  return object({ steps: required(steps, 'The steps.') }, { what: 'parallel' });
}

const waitFor = object({ for: required(durationMs, 'How long.') }, { what: 'wait' });
const every = withDefault(durationMs, 1000, 'How often to look.');
const waitAcceptance = object(
  { until: required(exactly('acceptance'), 'All acceptance checks green for the hold.'), every },
  { what: 'wait' },
);
const waitCheck = object({ until: required(checkCall, 'What must hold.'), every }, { what: 'wait' });
export type WaitForm =
  | Placed<{ readonly for: number }>
  | Placed<{ readonly until: 'acceptance' | CallDocument; readonly every: number }>;

export const waitForm: Shape<WaitForm> = choiceOf<WaitForm>([waitFor, waitAcceptance, waitCheck], (node) => {
  if (node.type !== 'map') return waitFor;
  const until = entryOf(node, 'until');
  if (until === undefined) return waitFor;
  return until.value.type === 'scalar' ? waitAcceptance : waitCheck;
});
