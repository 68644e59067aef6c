import type { Command } from './command.js';
import type { RunOutcome } from './facts.js';
import { append, type Situation } from './situation.js';
import { verdictOf } from './verdict.js';

/** Closes the environment, then says how the run went. */
export function closeRun(situation: Situation): Command[] {
  const { plan, state } = situation;
  if (!state.environment.closed) return [{ do: 'close-environment' }];
  const failed = plan.phases.some((phase) => state.phases[phase.id]?.status === 'failed');
  const status: RunOutcome =
    state.stop === null
      ? failed
        ? 'failed'
        : 'completed'
      : state.stop.how === 'failure'
        ? 'failed'
        : 'cancelled';
  const { verdict, because } = verdictOf(plan, state, status);
  return append({ type: 'run-ended', data: { status, verdict, because } });
}
