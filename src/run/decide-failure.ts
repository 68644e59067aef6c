import type { Step } from '../language/index.js';
import type { Command } from './command.js';
import { proveClaim } from './decide-claim.js';
import { awaitAnswer, openPrompt } from './decide-prompt.js';
import { giveUp } from './give-up.js';
import { append, isScripted, lastPromptOf, stepState, type Situation } from './situation.js';
import type { PromptState } from './state.js';
import { spokenCheck, spokenFailure } from './tell-words.js';

/** A step has failed and is not tried again by itself: the runbook, a declared answer or a person says what now. */
export function decideFailure(situation: Situation, step: Step): Command[] {
  const known = stepState(situation, step);
  const last = lastPromptOf(situation, known);
  const asked = last?.kind === 'failure' && last.openedAt.seq > (known.failedAt?.seq ?? 0) ? last : undefined;
  if (asked) return asked.closed ? afterAnswer(situation, step, asked) : awaitAnswer(situation, asked);
  // A block fails because of the steps in it, which were asked about already.
  const mayAsk = step.onFailure === 'ask' && step.form !== 'parallel' && !declaredIsUsedUp(situation, step);
  if (mayAsk) return ask(situation, step, '');
  const goesOn = step.onFailure === 'continue';
  return giveUp(step, goesOn, goesOn ? (step.because ?? 'the runbook says so') : 'no further attempt');
}

/** Declared answers are given to one failure of a step: a declared "retry" could go round for ever. */
function declaredIsUsedUp({ plan, state }: Situation, step: Step): boolean {
  if (!isScripted(plan)) return false;
  if (plan.answers.onFailure === undefined) return true;
  return Object.values(state.prompts).some((one) => one.step === step.id && one.kind === 'failure');
}

function ask(situation: Situation, step: Step, addition: string): Command[] {
  const { failure } = stepState(situation, step);
  const why = failure === null ? 'it failed' : spokenFailure(failure);
  const hint = [failure?.hint, step.ifFails].filter((one) => one !== undefined);
  const byHand = step.form === 'uses' || step.form === 'instruct' ? ['by-hand'] : [];
  return openPrompt(situation, step, {
    ...{ kind: 'failure', role: step.role ?? null, options: ['retry', ...byHand, 'skip', 'abort'] },
    text: [`It failed: ${why}.`, ...hint].join('\n') + addition,
  });
}

function afterAnswer(situation: Situation, step: Step, prompt: PromptState): Command[] {
  const by = prompt.answeredBy ?? undefined;
  const reason = prompt.reason ?? 'no reason given';
  switch (prompt.answer?.['option']) {
    case 'by-hand':
      return byHand(situation, step, prompt);
    case 'skip':
      return append({ type: 'step-skipped', data: { step: step.id, cause: 'person', reason } }, by);
    case 'abort':
      return giveUp(step, false, `aborted: ${reason}`);
    default:
      return giveUp(step, false, prompt.withdrawn ?? 'nobody said what to do');
  }
}

function byHand(situation: Situation, step: Step, prompt: PromptState): Command[] {
  const { attempt } = stepState(situation, step);
  if (step.check) {
    const proof = proveClaim(situation, step, step.check, prompt);
    if (Array.isArray(proof)) return proof;
    if (proof.verdict !== 'pass')
      return ask(situation, step, `\n\nReported as done by hand, but its check says: ${spokenCheck(proof)}`);
  }
  const data = { step: step.id, attempt, how: 'by-hand', outputs: {}, saved: {}, evidence: [] } as const;
  return append({ type: 'step-succeeded', data }, prompt.answeredBy ?? undefined);
}
