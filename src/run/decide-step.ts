import type { Step } from '../language/index.js';
import type { Command } from './command.js';
import { holds } from './condition.js';
import type { BlockDecision } from './block-decision.js';
import { decideFailure } from './decide-failure.js';
import { decideHuman } from './decide-human.js';
import { decideMachine } from './decide-machine.js';
import { decideParallel } from './decide-parallel.js';
import { decideUnknown } from './decide-unknown.js';
import { decideWait } from './decide-wait.js';
import { append, atMs, stepState, wake, type Situation } from './situation.js';
import type { StepState } from './state.js';

/** What a step that has not ended needs next. `inside` decides a step of the block that this one is. */
export function decideStep(
  situation: Situation,
  step: Step,
  inside: (step: Step) => BlockDecision,
): Command[] {
  const { state, nowMs } = situation;
  const known = stepState(situation, step);
  if (known.status === 'unknown-outcome' || known.unknownSince !== null)
    return decideUnknown(situation, step);
  if (known.status === 'waiting' && known.failure !== null) return decideFailure(situation, step);
  if (known.status === 'pending' || known.status === 'backing-off') {
    if (step.when && !hasBegun(known) && !holds(situation, step.when)) {
      const reason = 'its condition does not hold';
      return append({ type: 'step-skipped', data: { step: step.id, cause: 'condition', reason } });
    }
    if (state.held && state.stop === null) return [];
    const againMs = known.failedAt === null ? 0 : atMs(known.failedAt) + step.retry.backoffMs;
    if (known.status === 'backing-off' && nowMs < againMs) return wake(againMs);
  }
  switch (step.form) {
    case 'uses':
      return decideMachine(situation, step);
    case 'wait':
      return decideWait(situation, step);
    case 'parallel':
      return decideParallel(situation, step, inside);
    default:
      return decideHuman(situation, step);
  }
}

function hasBegun(known: StepState): boolean {
  return known.attempt > 0 || known.promptCount > 0 || known.checks.length > 0;
}
