import type { Step } from '../language/index.js';
import type { Command } from './command.js';
import { runCheck } from './decide-check.js';
import { proveClaim } from './decide-claim.js';
import { giveUp } from './give-up.js';
import { awaitAnswer, openPrompt } from './decide-prompt.js';
import {
  append,
  checkSince,
  fail,
  failure,
  isScripted,
  lastPromptOf,
  stepState,
  type Situation,
} from './situation.js';
import type { PromptState } from './state.js';
import { spokenCheck } from './tell-words.js';

/**
 * A step that may be done once only had begun when the engine ended. Its check may prove it done; nothing proves it not done, so
 * otherwise a person (or the declared answer) decides.
 */
export function decideUnknown(situation: Situation, step: Step): Command[] {
  const known = stepState(situation, step);
  const { attempt, unknownSince } = known;
  if (unknownSince === null) {
    const because = 'the engine ended while it ran, and it may be done once only';
    return append({ type: 'step-outcome-unknown', data: { step: step.id, attempt, because } });
  }
  const last = lastPromptOf(situation, known);
  const asked = last?.kind === 'resume' && last.openedAt.seq > unknownSince.seq ? last : undefined;
  if (asked) return asked.closed ? afterAnswer(situation, step, asked) : awaitAnswer(situation, asked);
  if (!step.check) return ask(situation, step, 'It has no check that could tell.');
  const seen = checkSince(known, 'resume', unknownSince);
  if (!seen) return runCheck(situation, step, step.check, 'resume', attempt);
  if (seen.check.verdict === 'pass') return succeeded(situation, step, 'already-done');
  return ask(situation, step, `Its check says: ${spokenCheck(seen.check)}`);
}

function ask(situation: Situation, step: Step, said: string): Command[] {
  return openPrompt(situation, step, {
    ...{ kind: 'resume', role: step.role ?? null, options: ['again', 'done', 'abort'] },
    text: `"${step.title}" was under way when the engine ended; whether it took effect is not known. ${said}`,
  });
}

function afterAnswer(situation: Situation, step: Step, prompt: PromptState): Command[] {
  if (prompt.answer?.['option'] !== 'done') {
    const why = prompt.withdrawn ?? `aborted: ${prompt.reason ?? 'no reason given'}`;
    return giveUp(step, false, why);
  }
  if (!step.check) return succeeded(situation, step, 'by-hand', prompt);
  const proof = proveClaim(situation, step, step.check, prompt);
  if (Array.isArray(proof)) return proof;
  if (proof.verdict === 'pass') return succeeded(situation, step, 'already-done', prompt);
  const said = spokenCheck(proof);
  if (!isScripted(situation.plan))
    return ask(situation, step, `Reported as done, but its check says: ${said}`);
  const message = `${step.id} was declared done, its check says: ${said}`;
  return fail(step, stepState(situation, step).attempt, failure('unknown-outcome', message));
}

function succeeded(
  situation: Situation,
  step: Step,
  how: 'already-done' | 'by-hand',
  prompt?: PromptState,
): Command[] {
  const { attempt } = stepState(situation, step);
  const data = { step: step.id, attempt, how, outputs: {}, saved: {}, evidence: [] };
  return append({ type: 'step-succeeded', data }, prompt?.answeredBy ?? undefined);
}
