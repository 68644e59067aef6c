import type { Command } from './command.js';
import { anythingWasDone, append, type Situation } from './situation.js';

/** Roles, environment, observer. Every session opens the environment anew: its fingerprint is read again before anything is done. */
export function prepare(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  if (!state.rolesBound) {
    const people = Object.entries(plan.people).map(([role, { name }]) => [role, { name }] as const);
    return append({ type: 'roles-bound', data: { people: Object.fromEntries(people) } });
  }
  const { environment, session, stop } = state;
  if (environment.closed) return null;
  // After a stop it is opened for the obligations alone. A failure before it is open was the failure to open it: not again.
  const isOwed = anythingWasDone(situation) && stop?.failedIn !== session;
  if (environment.session !== session) return stop === null || isOwed ? [{ do: 'open-environment' }] : null;
  return environment.observerSession !== session && stop === null ? [{ do: 'start-observer' }] : null;
}

/** The ledger's head goes on record after every phase. */
export function anchor({ state }: Situation): Command[] | null {
  const { environment, session, anchorDue } = state;
  const watched = environment.observerSession === session && environment.observer !== null;
  return anchorDue && watched && !environment.closed ? [{ do: 'anchor-ledger' }] : null;
}
