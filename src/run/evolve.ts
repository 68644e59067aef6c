import type { Plan } from '../language/index.js';
import type { Entry } from './entry.js';
import { isLifeEntry, isPeopleEntry } from './event-types.js';
import { evolveLife } from './evolve-life.js';
import { evolvePeople } from './evolve-people.js';
import { evolveStep } from './evolve-step.js';
import { initialState } from './initial-state.js';
import type { RunState } from './state.js';

/** An entry with the SHA-256 of the line that it was read from. */
export interface HashedEntry {
  readonly entry: Entry;
  readonly sha256: string;
}

/**
 * The state after one more entry; `lineSha256` is the hash of the entry's line and becomes the head. What was recorded did happen:
 * no entry is refused, however odd its place, so that every journal can be shown.
 */
export function evolve(plan: Plan, state: RunState, entry: Entry, lineSha256: string): RunState {
  const next = isLifeEntry(entry)
    ? evolveLife(plan, state, entry)
    : isPeopleEntry(entry)
      ? evolvePeople(state, entry)
      : evolveStep(plan, state, entry);
  // A handler that changed something has made a new object of its own: only then may it be written to.
  if (next === state) return { ...state, seq: entry.seq, head: lineSha256 };
  return Object.assign(next, { seq: entry.seq, head: lineSha256 });
}

export function fold(plan: Plan, lines: Iterable<HashedEntry>): RunState {
  let state = initialState(plan);
  for (const { entry, sha256 } of lines) state = evolve(plan, state, entry, sha256);
  return state;
}
