import type { PlannedFault } from '../language/index.js';
import type { Command } from './command.js';
import { runPhases } from './decide-phases.js';
import { append, atMs, wake, type Situation } from './situation.js';

/** Faults planned for the start, counted from the end of the preparations. One at a time, in the order in which they are due. */
export function injectAtStart(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  // Faults exist only in labs: a plan that says otherwise goes no further.
  if (plan.faults.length > 0 && (plan.mode !== 'drill' || plan.environment.kind !== 'lab')) {
    const reason = 'faults are injected in drills in a lab only';
    return append({ type: 'stop-requested', data: { reason, how: 'failure' } });
  }
  const ends = plan.phases.flatMap((phase) => {
    const left = phase.stage === 'before' ? state.phases[phase.id]?.leftAt : null;
    return left ? [atMs(left)] : [];
  });
  const ready = state.environment.readyAt;
  const base = Math.max(...ends, ready ? atMs(ready) : 0);
  return injectDue(
    situation,
    plan.faults
      .filter((fault) => fault.after.phase === 'start')
      .map((fault) => ({ fault, dueMs: base + fault.after.delayMs })),
  );
}

/** The response phases, and beside them the faults that follow the beginning of one. */
export function respond(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  const steps = runPhases(situation, 'response');
  const due = plan.faults.flatMap((fault) => {
    const entered = state.phases[fault.after.phase]?.enteredAt;
    return entered ? [{ fault, dueMs: atMs(entered) + fault.after.delayMs }] : [];
  });
  // What is due after the last step is not injected any more; what has begun is waited for.
  if (steps === null) return Object.values(state.faults).some((one) => one.status === 'started') ? [] : null;
  return [...(injectDue(situation, due) ?? []), ...steps];
}

function injectDue(
  { state, nowMs }: Situation,
  planned: readonly { readonly fault: PlannedFault; readonly dueMs: number }[],
): Command[] | null {
  if (planned.some(({ fault }) => state.faults[fault.id]?.status === 'started')) return [];
  const [first] = planned
    .filter(({ fault }) => state.faults[fault.id]?.status === 'planned')
    .sort((a, b) => a.dueMs - b.dueMs);
  if (!first) return null;
  if (state.held) return [];
  return nowMs >= first.dueMs ? [{ do: 'inject', fault: first.fault }] : wake(first.dueMs);
}
