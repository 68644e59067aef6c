import { printable } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { Entry } from './entry.js';
import { isPeopleEntry, isStepEntry } from './event-types.js';
import type { RunState } from './state.js';
import { tellLife } from './tell-life.js';
import { tellPeople } from './tell-people.js';
import { tellStep } from './tell-steps.js';
import type { Told } from './told.js';

/**
 * Tells one entry. `state` is the run right after it, or any later one; a duration is left out when the state no longer knows
 * the start that belongs to it.
 */
export function tellEvent(plan: Plan, state: RunState, entry: Entry): Told {
  const told = tell(plan, state, entry);
  return { ...told, text: printable(told.text) };
}

function tell(plan: Plan, state: RunState, entry: Entry): Told {
  if (isPeopleEntry(entry)) return tellPeople(plan, state, entry);
  if (isStepEntry(entry)) return tellStep(plan, state, entry);
  return tellLife(plan, state, entry);
}
