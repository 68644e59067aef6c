import type { Plan } from '../language/index.js';
import type { FaultState, RunState } from './state.js';

type Known = Pick<RunState, 'faults' | 'observed'>;

/** The fault that is the disaster: the first that was injected and is no sabotage of the recovery. */
export function disasterOf({ faults }: Pick<RunState, 'faults'>): FaultState | null {
  const [first] = Object.values(faults)
    .filter((fault) => fault.status === 'injected' && !fault.sabotage)
    .sort((a, b) => (a.at?.seq ?? 0) - (b.at?.seq ?? 0));
  return first ?? null;
}

/**
 * The failure that lasts, as far as it can be the disaster's effect. In a drill, what failed before the disaster began is not;
 * a live run has no fault to compare with.
 */
export function failingSinceDisaster(
  { mode }: Pick<Plan, 'mode'>,
  state: Known,
): RunState['observed']['failingSince'] {
  const { failingSince } = state.observed;
  if (failingSince === null || mode === 'live') return failingSince;
  const disaster = disasterOf(state);
  const began = disaster?.startedAt?.at ?? disaster?.damagedAt;
  if (began === undefined || began === null) return null;
  return Date.parse(failingSince.sentinelAt) >= Date.parse(began) ? failingSince : null;
}
