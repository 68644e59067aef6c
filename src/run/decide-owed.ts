import type { Command } from './command.js';
import { markOwed } from './decide-marks.js';
import { walkSteps } from './plan-index.js';
import { anythingWasDone, append, hasEnded, lastPromptOf, type Situation } from './situation.js';
import type { StepState } from './state.js';

/** What must be on record because of what is: clock points, deviations, obligations, questions without an object. */
export function recordOwed(situation: Situation): Command[] | null {
  return (
    markOwed(situation) ??
    deviationOwed(situation) ??
    promptWithoutObject(situation) ??
    obligationOwed(situation)
  );
}

function deviationOwed(situation: Situation): Command[] | null {
  const { state } = situation;
  for (const known of Object.values(state.steps)) {
    const owed = deviationOf(situation, known);
    if (!owed || state.deviations.some((one) => one.step === known.id && one.kind === owed.kind)) continue;
    const { kind, reason, by } = owed;
    return append({ type: 'deviation-recorded', data: { kind, step: known.id, reason } }, by ?? undefined);
  }
  return null;
}

function deviationOf(situation: Situation, known: StepState) {
  if (known.skipped?.cause === 'person')
    return { kind: 'skip', reason: known.skipped.reason, by: known.skipped.by } as const;
  if (known.how === 'by-hand') {
    const answer = lastPromptOf(situation, known);
    const reason = answer?.reason ?? 'done by hand';
    return { kind: 'by-hand', reason, by: answer?.answeredBy ?? null } as const;
  }
  if (known.brokeGlass !== null)
    return { kind: 'break-glass', reason: known.brokeGlass, by: known.approvedBy } as const;
  return null;
}

function promptWithoutObject({ state }: Situation): Command[] | null {
  for (const prompt of Object.values(state.prompts)) {
    const step = prompt.step === null ? undefined : state.steps[prompt.step];
    if (prompt.closed || !step || !hasEnded(step)) continue;
    const because = 'its step has ended';
    return append({ type: 'prompt-withdrawn', data: { prompt: prompt.id, because } });
  }
  return null;
}

function obligationOwed(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  const known = (id: string) => Object.hasOwn(state.obligations, id);
  for (const { step, phase } of walkSteps(plan)) {
    const at = state.steps[step.id];
    const id = `step/${step.id}`;
    if (phase.stage !== 'always' || !at || known(id) || !anythingWasDone(situation)) continue;
    const text = unmet(at);
    if (text !== null)
      return append({ type: 'obligation-opened', data: { obligation: id, text: `${step.title}: ${text}` } });
  }
  for (const [index, text] of state.environment.leftovers.entries()) {
    const said = Object.values(state.obligations).some((one) => one.text.includes(text));
    const obligation = `leftover/${index + 1}`;
    if (!said && !known(obligation)) return append({ type: 'obligation-opened', data: { obligation, text } });
  }
  return null;
}

function unmet(step: StepState): string | null {
  if (step.status === 'succeeded' && step.undone) return 'undone';
  if (step.status === 'failed' && !step.goesOn) return step.failure?.message ?? 'failed';
  if (step.status !== 'skipped' || step.skipped === null) return null;
  const { cause, reason } = step.skipped;
  return cause === 'person' || cause === 'run-stopped' ? `skipped: ${reason}` : null;
}

/** A failure that ends the response, also one inside a parallel block, which would otherwise wait for its other steps. */
export function stopOwed(situation: Situation): Command[] | null {
  const { plan, state } = situation;
  if (state.stop !== null) return null;
  const fault = plan.faults.find((one) => state.faults[one.id]?.status === 'failed');
  if (fault)
    return stop(
      `fault ${fault.id} (${fault.inject}) could not be injected: ${state.faults[fault.id]?.failure ?? 'unknown'}`,
    );
  for (const { step, phase } of walkSteps(plan)) {
    const known = state.steps[step.id];
    if (phase.stage === 'always' || known?.status !== 'failed' || known.goesOn) continue;
    const prompt = lastPromptOf(situation, known);
    const asked = prompt?.kind === 'failure' || prompt?.kind === 'resume';
    if (asked && prompt.answer?.['option'] === 'abort')
      return stop(`step ${step.id} was aborted: ${prompt.reason ?? 'no reason given'}`);
  }
  return null;
}

function stop(reason: string): Command[] {
  return append({ type: 'stop-requested', data: { reason, how: 'failure' } });
}
