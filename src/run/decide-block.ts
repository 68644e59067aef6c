import type { Step } from '../language/index.js';
import type { BlockDecision } from './block-decision.js';
import type { Command } from './command.js';
import { decideStep } from './decide-step.js';
import { stepsInside } from './plan-index.js';
import { append, hasEnded, stepState, type Situation } from './situation.js';

/**
 * Steps one after the other, with the block that a decision chose right behind it. `tolerant`: a step that failed for good does not
 * keep the next ones from running (obligations).
 */
export function decideBlock(situation: Situation, steps: readonly Step[], tolerant: boolean): BlockDecision {
  for (const step of steps) {
    const known = stepState(situation, step);
    if (!hasEnded(known))
      return {
        status: 'open',
        commands: decideStep(situation, step, (one) => decideBlock(situation, [one], tolerant)),
      };
    const skips = skipUnreached(situation, step);
    if (skips) return { status: 'open', commands: skips };
    if (known.status === 'failed' && !known.goesOn && !tolerant) return { status: 'failed', step };
    if (step.form !== 'decide' || known.status !== 'succeeded') continue;
    const chosen = step.options.find((option) => option.id === known.chosen)?.steps ?? [];
    const inner = decideBlock(situation, chosen, tolerant);
    if (inner.status !== 'done') return inner;
  }
  return { status: 'done' };
}

/** Steps inside an ended block that can no longer run are put on record as skipped, each by its own entry. */
function skipUnreached(situation: Situation, step: Step): Command[] | null {
  const known = stepState(situation, step);
  const chosen = step.form === 'decide' && known.status === 'succeeded' ? known.chosen : null;
  const unreached =
    step.form === 'decide' && chosen !== null
      ? step.options.filter((option) => option.id !== chosen).flatMap((option) => option.steps)
      : stepsInside(step);
  const pending = firstPending(situation, unreached);
  if (!pending) return null;
  const skippedFor = known.skipped?.cause === 'condition' ? 'condition' : 'not-chosen';
  const reason =
    chosen !== null
      ? `the option chosen is ${chosen}`
      : `its block ${step.id} ${known.status === 'skipped' ? 'was skipped' : 'has failed'}`;
  return append({ type: 'step-skipped', data: { step: pending.id, cause: skippedFor, reason } });
}

function firstPending(situation: Situation, steps: readonly Step[]): Step | undefined {
  for (const step of steps) {
    if (!hasEnded(stepState(situation, step))) return step;
    const inner = firstPending(situation, stepsInside(step));
    if (inner) return inner;
  }
  return undefined;
}
