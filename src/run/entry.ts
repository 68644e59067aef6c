import type { Actor } from './facts.js';
import type { PeopleEvent } from './people-events.js';
import type { RunLifeEvent } from './run-events.js';
import type { StepEvent } from './step-events.js';

/**
 * Everything that can be recorded. Past tense: each says what did happen, and is durable before anything follows from it.
 * Times are in the envelope, never in the data, unless they were measured elsewhere (then the field says by whom).
 */
export type RunEvent = RunLifeEvent | StepEvent | PeopleEvent;

/** One line of the journal, as read back. */
export type Entry = RunEvent & {
  readonly v: 1;
  readonly seq: number;
  /** SHA-256 of the exact bytes of the line before, without its newline; 64 zeros for the first. */
  readonly prev: string;
  /** UTC, milliseconds, `2027-01-17T01:02:03.456Z`. */
  readonly at: string;
  /** Milliseconds on the session's monotonic clock. */
  readonly mono: number;
  readonly session: string;
  readonly actor: Actor;
};

export type EventType = RunEvent['type'];
export type EventOf<T extends EventType> = Extract<RunEvent, { type: T }>;
export type EntryOf<T extends EventType> = Extract<Entry, { type: T }>;
