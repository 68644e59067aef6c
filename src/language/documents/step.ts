import type { JsonObject } from '../../base/index.js';
import { clockPoints, type Approval, type ClockPoint, type Condition, type Effect } from '../plan.js';
import { choiceOf, freeMap, list, mapOf, named } from '../shape/collections.js';
import { object, optional, required } from '../shape/object.js';
import type { Placed } from '../shape/origin.js';
import { actionName, durationMs, id, oneOf, text, wholeNumber } from '../shape/scalars.js';
import type { Shape } from '../shape/shape.js';
import { actionCall, checkCall, type CallDocument } from './call.js';
import { condition } from './condition.js';
import {
  askForm,
  decideForm,
  parallelForm,
  waitForm,
  type BlockDocument,
  type DecideForm,
  type FieldDocument,
  type WaitForm,
} from './step-forms.js';

export const formKeys = ['uses', 'ask', 'decide', 'instruct', 'wait', 'parallel'] as const;
export type FormKey = (typeof formKeys)[number];

/** Everything that a step may say besides its id; `drill` and `live` replace keys of it. */
export interface StepKeys {
  readonly title?: string;
  readonly why?: string;
  readonly ifFails?: string;
  readonly role?: string;
  readonly target?: number;
  readonly timeout?: number;
  readonly onTimeout?: 'remind' | 'escalate' | 'fail';
  readonly when?: Condition;
  readonly marks?: ClockPoint;
  readonly due?: { readonly within: number; readonly of: ClockPoint };
  readonly evidence?: readonly string[];
  readonly onFailure?: 'stop' | 'ask' | 'continue';
  readonly because?: string;
  readonly uses?: string;
  readonly with?: Placed<JsonObject>;
  readonly effect?: Effect;
  readonly retry?: { readonly attempts: number; readonly backoff?: number };
  readonly saves?: Placed<{ readonly [name: string]: string }>;
  readonly check?: CallDocument;
  readonly undo?: UndoDocument;
  readonly approve?: Placed<Approval>;
  readonly ask?: Placed<{ readonly [name: string]: FieldDocument }>;
  readonly decide?: DecideForm<StepDocument>;
  readonly instruct?: string;
  readonly wait?: WaitForm;
  readonly parallel?: BlockDocument<StepDocument>;
}

export type UndoDocument = CallDocument | Placed<{ readonly none: string }>;
export type StepOverride = Placed<StepKeys>;
export type StepDocument = Placed<NamedStep>;
interface NamedStep extends StepKeys {
  readonly id: string;
  readonly title: string;
  readonly drill?: StepOverride;
  readonly live?: StepOverride;
}

const undoWithReason = object({ none: required(text(), 'Why there is no way back.') }, { what: 'undo' });
const undo: Shape<UndoDocument> = choiceOf<UndoDocument>([actionCall, undoWithReason], (node) =>
  node.type === 'map' && node.entries.some((entry) => entry.key === 'none') ? undoWithReason : actionCall,
);

const clockPoint = oneOf(...clockPoints);

/** A block: at least one step. Steps hold blocks, so the shape is looked up when it is needed. */
export const steps: Shape<readonly StepDocument[]> = list(
  named('step', () => step),
  1,
);

const fields = {
  why: optional(text(), 'Why it is done.'),
  ifFails: optional(text(), 'What to do when it fails.'),
  role: optional(id, 'The role whose task it is.'),
  target: optional(durationMs, 'How long it should take.'),
  timeout: optional(durationMs, 'How long it may take.'),
  onTimeout: optional(
    oneOf('remind', 'escalate', 'fail'),
    'What happens when nobody answers in time; nothing proceeds by itself. Default remind.',
  ),
  when: optional(condition, 'Do the step only under this condition.'),
  marks: optional(clockPoint, 'The point of the recovery clock that its end sets.'),
  due: optional(
    object(
      {
        within: required(durationMs, 'How long after the point.'),
        of: required(clockPoint, 'Which point of the clock.'),
      },
      { what: 'due' },
    ),
    'Until when it must be done.',
  ),
  evidence: optional(list(text(500)), 'What to attach.'),
  onFailure: optional(
    oneOf('stop', 'ask', 'continue'),
    'What happens after the last attempt; continue needs because.',
  ),
  because: optional(text(), 'Why the run may go on when the step failed.'),
  uses: optional(actionName, 'The action that it carries out.'),
  with: optional(freeMap, 'Arguments of the action; may hold `${…}`.'),
  effect: optional(
    oneOf('read', 'idempotent', 'once'),
    'What may be done with it after a crash. Default: as the action says.',
  ),
  retry: optional(
    object(
      {
        attempts: required(wholeNumber(1, 100), 'How often at most.'),
        backoff: optional(durationMs, 'How long to wait in between.'),
      },
      { what: 'retry' },
    ),
    'Try again by itself.',
  ),
  saves: optional(mapOf(text(100)), 'Name in the run: output of the action.'),
  check: optional(
    checkCall,
    'Read-only: is it done? Used before, after, when somebody says "done", and on resume.',
  ),
  undo: optional(undo, 'The way back, or {none: reason}.'),
  approve: optional(
    object(
      {
        by: required(list(id, 1), 'Roles of whom one must approve.'),
        not: optional(oneOf('executor'), 'Who carries the step out may not approve it.'),
        breakGlass: optional(id, 'The role that may go on alone with a typed reason.'),
      },
      { what: 'approval' },
    ),
    'Four eyes before it begins.',
  ),
  ask: optional(askForm, 'A form for a person.'),
  decide: optional(decideForm(steps), 'A choice between blocks of steps.'),
  instruct: optional(text(), 'A task for a person, as text.'),
  wait: optional(waitForm, 'A time, a condition, or the acceptance checks.'),
  parallel: optional(parallelForm(steps), 'Steps side by side, joined at the end.'),
};

const override: Shape<StepOverride> = object(
  { title: optional(text(200), 'What is done, in a few words.'), ...fields },
  { what: 'override' },
);

export const step: Shape<StepDocument> = object(
  {
    id: required(id, 'Stable name, unique in the runbook.'),
    title: required(text(200), 'What is done, in a few words.'),
    ...fields,
    drill: optional(override, 'Keys that are different in a drill.'),
    live: optional(override, 'Keys that are different in a live run.'),
  },
  { what: 'step' },
);
