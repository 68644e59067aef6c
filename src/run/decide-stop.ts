import type { Phase, Step } from '../language/index.js';
import type { Command } from './command.js';
import { giveUp } from './give-up.js';
import { walkSteps } from './plan-index.js';
import { append, hasEnded, stageOf, stepState, type Situation } from './situation.js';

/** After a stop: prompts are taken back, steps come to an end, phases are left. Obligations are not touched. */
export function settle(situation: Situation): Command[] | null {
  const { state } = situation;
  const open = Object.values(state.prompts).find(
    (prompt) => !prompt.closed && stageOf(situation, prompt.step) !== 'always',
  );
  if (open) {
    const because = 'the run was stopped';
    return append({ type: 'prompt-withdrawn', data: { prompt: open.id, because } });
  }
  const rest = settleStage(situation, (phase) => phase.stage !== 'always', 'the run was stopped');
  if (rest) return rest;
  // A fault that is being injected is aborted by the executor, which says how it ended.
  return Object.values(state.faults).some((fault) => fault.status === 'started') ? [] : null;
}

/** Ends every step of some phases that has not ended, then leaves the phases; an effect under way is waited for. */
export function settleStage(
  situation: Situation,
  concerns: (phase: Phase) => boolean,
  why: string,
): Command[] | null {
  const { plan, state } = situation;
  const concerned = walkSteps(plan).filter(({ phase }) => concerns(phase));
  const blocks = concerned.filter(({ step }) => step.form === 'parallel').reverse();
  const ordered = [...concerned.filter(({ step }) => step.form !== 'parallel'), ...blocks];
  const open = ordered.filter(({ step }) => !hasEnded(stepState(situation, step)));
  const idle = open.find(({ step }) => !isUnderWay(situation, step));
  if (idle) return endStep(situation, idle.step, why);
  if (open.length > 0) return [];
  const active = plan.phases.find((phase) => concerns(phase) && state.phases[phase.id]?.status === 'active');
  if (!active) return null;
  const outcome = state.stop && state.stop.how !== 'failure' ? 'cancelled' : 'failed';
  return append({ type: 'phase-left', data: { phase: active.id, outcome } });
}

function isUnderWay(situation: Situation, step: Step): boolean {
  return step.form === 'uses' && stepState(situation, step).status === 'running';
}

/** What had begun has failed; what had not, or was only asked, is skipped. */
function endStep(situation: Situation, step: Step, why: string): Command[] {
  const known = stepState(situation, step);
  const machine = step.form === 'wait' || step.form === 'parallel';
  const begun =
    (known.status === 'running' && machine) ||
    known.status === 'backing-off' ||
    known.status === 'unknown-outcome' ||
    known.unknownSince !== null ||
    known.failure !== null;
  if (begun) return giveUp(step, false, why);
  return append({ type: 'step-skipped', data: { step: step.id, cause: 'run-stopped', reason: why } });
}
