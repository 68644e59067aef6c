import { freeMap, choiceOf, list, mapOf } from '../shape/collections.js';
import { object, optional, required, withDefault } from '../shape/object.js';
import type { Placed } from '../shape/origin.js';
import {
  durationMs,
  filePath,
  id,
  kebabPattern,
  number,
  oneOf,
  text,
  timestamp,
  truth,
} from '../shape/scalars.js';
import type { Shape, ShapeValue } from '../shape/shape.js';
import { header, naming } from './header.js';
import { person } from './person.js';

const faultName = text(100);
const idKeys = { pattern: kebabPattern, what: 'an id', hint: 'Ids are lower-case words joined by hyphens.' };

const fault = object(
  {
    id: optional(id, 'Stable name; default: the name of the fault.'),
    inject: required(faultName, 'The fault, e.g. `corrupt-heap-pages`.'),
    after: optional(
      object(
        {
          phase: withDefault(id, 'start', 'The phase whose beginning starts the delay, or `start`.'),
          delay: withDefault(durationMs, 0, 'How long after it.'),
        },
        { what: 'after' },
      ),
      'When; default: at the start.',
    ),
    with: optional(freeMap, 'Arguments of the fault.'),
    sabotage: withDefault(truth, false, 'Breaks the recovery itself and is no disaster of its own.'),
  },
  { what: 'fault' },
);

export type EnvironmentChoice =
  string | Placed<{ readonly lab: Placed<{ readonly from?: string; readonly scale?: number }> }>;
const environmentName = id;
const seededLab = object(
  {
    lab: required(
      object(
        {
          from: optional(id, 'The store or policy whose newest backup seeds it.'),
          scale: optional(number({ min: 0.01, max: 10_000 }), 'Size of the sample.'),
        },
        { what: 'lab' },
      ),
      'The lab, seeded from a store.',
    ),
  },
  { what: 'environment' },
);
const environmentChoice: Shape<EnvironmentChoice> = choiceOf<EnvironmentChoice>(
  [environmentName, seededLab],
  (node) => (node.type === 'scalar' ? environmentName : seededLab),
);

const answers = object(
  {
    steps: optional(mapOf(freeMap, idKeys), 'Step: its answer.'),
    onFailure: optional(oneOf('retry', 'skip', 'abort'), 'What to choose when a step fails.'),
    onResume: optional(oneOf('again', 'done', 'abort'), 'What to choose for a step of unknown outcome.'),
  },
  { what: 'answers' },
);

export const drill = object(
  {
    ...header('Drill'),
    ...naming,
    runbook: required(filePath, 'The runbook, relative to the drill.'),
    environment: required(environmentChoice, 'A lab.'),
    scheduled: optional(timestamp, 'When it is planned for.'),
    people: optional(mapOf(person, idKeys), 'Role: who has it.'),
    observer: optional(person, 'Somebody with no other role in the drill.'),
    load: optional(
      object(
        { writesPerSecond: required(number({ min: 0, max: 10_000 }), 'Writes a second.') },
        { what: 'load' },
      ),
      "What the lab's application does meanwhile.",
    ),
    inputs: optional(freeMap, "Values for the runbook's inputs."),
    faults: required(list(fault), 'The disaster.'),
    rubric: optional(filePath, 'How it is scored, relative to the drill.'),
    checklists: optional(
      object(
        { before: optional(filePath, 'Before the drill.'), after: optional(filePath, 'After the drill.') },
        { what: 'checklists' },
      ),
      'Tasks around the drill, relative to it.',
    ),
    messages: optional(list(filePath), 'Files with message templates, relative to the drill.'),
    answers: optional(answers, 'Declared answers, for unattended runs in a lab only.'),
  },
  { what: 'drill' },
);

export type DrillDocument = ShapeValue<typeof drill>;
export type FaultDocument = ShapeValue<typeof fault>;
export type AnswersDocument = ShapeValue<typeof answers>;
