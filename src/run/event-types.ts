import type { Json } from '../base/index.js';
import type { Entry, EventType } from './entry.js';
import type { PeopleEvent } from './people-events.js';
import type { RunLifeEvent } from './run-events.js';
import type { StepEvent } from './step-events.js';

/** The one list of what can be recorded; the compiler holds it to the types. */
const lifeTypes: { readonly [type in RunLifeEvent['type']]: true } = {
  'run-opened': true,
  'session-started': true,
  'environment-opened': true,
  'observer-started': true,
  observed: true,
  'ledger-anchored': true,
  'fault-started': true,
  'fault-injected': true,
  'fault-failed': true,
  'detection-evaluated': true,
  'clock-marked': true,
  'phase-entered': true,
  'phase-left': true,
  'obligation-opened': true,
  'environment-closed': true,
  'run-ended': true,
  'run-sealed': true,
};
const stepTypes: { readonly [type in StepEvent['type']]: true } = {
  'step-started': true,
  'step-succeeded': true,
  'step-failed': true,
  'step-given-up': true,
  'step-skipped': true,
  'step-outcome-unknown': true,
  'check-evaluated': true,
  'message-sent': true,
  'acceptance-probed': true,
  'survivors-listed': true,
  'survivors-not-listed': true,
  'undo-requested': true,
  'undo-started': true,
  'undo-ended': true,
};
const peopleTypes: { readonly [type in PeopleEvent['type']]: true } = {
  'roles-bound': true,
  'prompt-opened': true,
  'prompt-answered': true,
  'prompt-withdrawn': true,
  'prompt-overdue': true,
  'deviation-recorded': true,
  'note-taken': true,
  held: true,
  released: true,
  'stop-requested': true,
};

export type LifeEntry = Extract<Entry, RunLifeEvent>;
export type StepEntry = Extract<Entry, StepEvent>;
export type PeopleEntry = Extract<Entry, PeopleEvent>;

export const isLifeEntry = (entry: Entry): entry is LifeEntry => Object.hasOwn(lifeTypes, entry.type);
export const isStepEntry = (entry: Entry): entry is StepEntry => Object.hasOwn(stepTypes, entry.type);
export const isPeopleEntry = (entry: Entry): entry is PeopleEntry => Object.hasOwn(peopleTypes, entry.type);

const known = { ...lifeTypes, ...stepTypes, ...peopleTypes } satisfies { readonly [type in EventType]: true };
export const eventTypes = Object.keys(known) as readonly EventType[];

export function isEventType(type: Json | undefined): type is EventType {
  return typeof type === 'string' && Object.hasOwn(known, type);
}
