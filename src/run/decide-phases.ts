import type { Phase, Stage } from '../language/index.js';
import type { Command } from './command.js';
import { decideBlock } from './decide-block.js';
import { settleStage } from './decide-stop.js';
import { append, stepState, type Situation } from './situation.js';

/** The phases of a stage, one after the other; null when all of them have been left. */
export function runPhases(situation: Situation, stage: Stage): Command[] | null {
  const { plan, state } = situation;
  const { environment, session } = state;
  // Obligations cannot be met where there is nothing to work on.
  if (stage === 'always' && !environment.closed && environment.session !== session)
    return settleStage(situation, (phase) => phase.stage === 'always', 'the environment is not open');
  for (const phase of plan.phases) {
    const status = state.phases[phase.id]?.status;
    if (phase.stage !== stage || (status !== 'pending' && status !== 'active')) continue;
    if (status === 'active') return runPhase(situation, phase);
    if (state.held && state.stop === null) return [];
    return append({ type: 'phase-entered', data: { phase: phase.id, stage } });
  }
  return null;
}

function runPhase(situation: Situation, phase: Phase): Command[] {
  const block = decideBlock(situation, phase.steps, phase.stage === 'always');
  if (block.status === 'open') return block.commands;
  if (block.status === 'failed') {
    const why = stepState(situation, block.step).failure?.message;
    const reason = `step ${block.step.id} failed${why === undefined ? '' : `: ${why}`}`;
    return append({ type: 'stop-requested', data: { reason, how: 'failure' } });
  }
  const outcome = phase.steps.some((step) => hasFailed(situation, step)) ? 'failed' : 'completed';
  return append({ type: 'phase-left', data: { phase: phase.id, outcome } });
}

function hasFailed(situation: Situation, step: Phase['steps'][number]): boolean {
  const { status, goesOn, chosen } = stepState(situation, step);
  if (status === 'failed' && !goesOn) return true;
  if (step.form !== 'decide') return false;
  const taken = step.options.find((option) => option.id === chosen)?.steps ?? [];
  return taken.some((inner) => hasFailed(situation, inner));
}
