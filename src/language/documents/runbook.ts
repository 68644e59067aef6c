import type { Json } from '../../base/index.js';
import { list, mapOf } from '../shape/collections.js';
import { object, optional, required, withDefault } from '../shape/object.js';
import {
  anything,
  durationMs,
  filePath,
  id,
  kebabPattern,
  number,
  oneOf,
  text,
  truth,
  wholeNumber,
} from '../shape/scalars.js';
import type { Shape, ShapeValue } from '../shape/shape.js';
import { callFields, checkCall } from './call.js';
import { header, naming, versioned } from './header.js';
import { steps } from './step.js';

const inputValue: Shape<Json> = anything;
const kebabKeys = {
  pattern: kebabPattern,
  what: 'an id',
  hint: 'Roles are lower-case words joined by hyphens.',
};

export const inputTypes = ['string', 'number', 'boolean'] as const;
const input = object(
  {
    type: required(oneOf(...inputTypes), 'string, number or boolean.'),
    title: optional(text(200), 'What it is for.'),
    default: optional(inputValue, 'Without it the value must be given; may be `${environment.…}`.'),
  },
  { what: 'input' },
);

const acceptanceCheck = object(
  {
    id: required(id, 'Stable name, unique among the checks.'),
    ...callFields,
    critical: withDefault(truth, false, 'Whether the run cannot be accepted without it.'),
    weight: withDefault(number({ min: 0, max: 1000 }), 1, 'How much it counts.'),
  },
  { what: 'acceptance check' },
);

const phase = object(
  {
    id: required(id, 'Stable name, unique in the runbook.'),
    title: required(text(200), 'What the phase is for.'),
    target: optional(durationMs, 'How long it should take.'),
    steps: required(steps, 'The steps, in order.'),
  },
  { what: 'phase' },
);

export const runbook = object(
  {
    ...header('Runbook'),
    ...naming,
    ...versioned,
    summary: required(text(), 'What has happened, and what is still there.'),
    severity: required(oneOf('P0', 'P1', 'P2', 'P3'), 'P0 to P3.'),
    objectives: required(
      object(
        {
          rto: required(durationMs, 'How long the service may be away.'),
          rpo: required(durationMs, 'How much may be lost, as a time; 0s for nothing.'),
          expected: optional(durationMs, 'How long the recovery is expected to take.'),
        },
        { what: 'objectives' },
      ),
      'Recovery time and recovery point.',
    ),
    requires: optional(
      object(
        { regions: withDefault(wholeNumber(1, 10), 1, 'How many regions the environment must have.') },
        { what: 'requirement' },
      ),
      'What the environment must offer.',
    ),
    roles: required(
      mapOf(object({ title: required(text(100), 'What the role is called.') }, { what: 'role' }), kebabKeys),
      'The roles that steps name.',
    ),
    inputs: optional(mapOf(input), 'Values that may be given at the start.'),
    detection: optional(
      list(
        object(
          {
            id: optional(id, 'Stable name.'),
            sign: required(text(500), 'What can be seen.'),
            check: optional(checkCall, 'How the engine can see it; read-only.'),
          },
          { what: 'sign' },
        ),
      ),
      'Signs by which it is known.',
    ),
    acceptance: optional(
      object(
        {
          hold: required(durationMs, 'How long all checks must stay green without a break.'),
          checks: required(list(acceptanceCheck, 1), 'What a working service is.'),
        },
        { what: 'acceptance' },
      ),
      'When the service counts as verified.',
    ),
    phases: required(list(phase, 1), 'The response, in order.'),
    always: optional(
      object(
        {
          title: optional(text(200), 'What the obligations are called.'),
          target: optional(durationMs, 'How long they should take.'),
          steps: required(steps, 'The steps, in order.'),
        },
        { what: 'always' },
      ),
      'Obligations: done whatever happened.',
    ),
    messages: optional(list(filePath), 'Files with message templates, relative to the runbook.'),
  },
  { what: 'runbook' },
);

export type RunbookDocument = ShapeValue<typeof runbook>;
export type PhaseDocument = ShapeValue<typeof phase>;
export type InputDocument = ShapeValue<typeof input>;
