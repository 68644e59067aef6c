import { lookUp, type Json } from '../base/index.js';
import type { AskStep, DecideStep, InstructStep } from '../language/index.js';
import type { Command } from './command.js';
import { proveClaim } from './decide-claim.js';
import { awaitAnswer, fillText, openPrompt } from './decide-prompt.js';
import { savedBy, scopeOf } from './scope.js';
import { append, fail, failure, isScripted, lastPromptOf, stepState, type Situation } from './situation.js';
import type { PromptState } from './state.js';
import { spokenCheck } from './tell-words.js';

type HumanStep = AskStep | DecideStep | InstructStep;
/** How often a declared "done" may be contradicted by its check before the step fails. */
const scriptedClaims = 3;

/** A form, a choice, a task: started, asked, answered; a task's "done" is proven by its check. */
export function decideHuman(situation: Situation, step: HumanStep): Command[] {
  const known = stepState(situation, step);
  if (known.status === 'pending' || known.status === 'backing-off') {
    const describe = fillText(situation, textOf(step));
    const data = { step: step.id, attempt: known.attempt + 1, describe, args: {}, by: 'person' as const };
    return append({ type: 'step-started', data });
  }
  if (known.status === 'running') return ask(situation, step, '');
  const prompt = lastPromptOf(situation, known);
  if (!prompt) return ask(situation, step, '');
  if (!prompt.closed) return awaitAnswer(situation, prompt);
  if (prompt.answer === null) {
    const why = prompt.withdrawn ?? 'withdrawn';
    const reason = prompt.overdue === 'fail' ? 'timeout' : 'invalid';
    return fail(step, known.attempt, failure(reason, `no answer for ${step.id}: ${why}`));
  }
  return step.form === 'instruct' ? report(situation, step, prompt) : answered(situation, step, prompt);
}

function textOf(step: HumanStep): string {
  if (step.form === 'instruct') return step.text;
  return step.form === 'decide' ? step.prompt : step.title;
}

function ask(situation: Situation, step: HumanStep, addition: string): Command[] {
  const text = fillText(situation, textOf(step)) + addition;
  const common = { role: step.role ?? null, text, timeoutMs: step.timeoutMs ?? null };
  switch (step.form) {
    case 'ask':
      return openPrompt(situation, step, { ...common, kind: 'ask', options: Object.keys(step.fields) });
    case 'decide': {
      const options = step.options.map((option) => option.id);
      return openPrompt(situation, step, {
        ...common,
        kind: 'decide',
        options,
        suggest: suggestion(situation, step),
      });
    }
    case 'instruct':
      return openPrompt(situation, step, { ...common, kind: 'instruct', options: ['done', 'cannot'] });
  }
}

/** A suggestion that names none of the options suggests nothing. */
function suggestion({ plan, state }: Situation, { suggest, options }: DecideStep): string | null {
  if (suggest === undefined) return null;
  const whole = /^\$\{([^${}]*)\}$/.exec(suggest)?.[1];
  const value: Json | undefined = whole === undefined ? suggest : lookUp(scopeOf(plan, state), whole.trim());
  return options.find((option) => option.id === value)?.id ?? null;
}

function answered(situation: Situation, step: HumanStep, prompt: PromptState): Command[] {
  const outputs = prompt.answer ?? {};
  const { attempt } = stepState(situation, step);
  const data = {
    step: step.id,
    attempt,
    how: 'answered',
    outputs,
    saved: savedBy(step, outputs),
    evidence: [],
  } as const;
  return append({ type: 'step-succeeded', data }, prompt.answeredBy ?? undefined);
}

function report(situation: Situation, step: InstructStep, prompt: PromptState): Command[] {
  const known = stepState(situation, step);
  if (prompt.answer?.['done'] !== true) {
    const why = prompt.reason ?? 'no reason given';
    return fail(step, known.attempt, failure('refused', `${step.id} cannot be done: ${why}`));
  }
  if (!step.check) return answered(situation, step, prompt);
  const proof = proveClaim(situation, step, step.check, prompt);
  if (Array.isArray(proof)) return proof;
  if (proof.verdict === 'pass') return answered(situation, step, prompt);
  const said = spokenCheck(proof);
  const claims = known.checks.filter(
    (one) => one.purpose === 'claim' && one.attempt === known.attempt,
  ).length;
  if (isScripted(situation.plan) && claims >= scriptedClaims) {
    const message = `${step.id} was reported done ${claims} times, its check says: ${said}`;
    return fail(step, known.attempt, failure('check', message));
  }
  return ask(situation, step, `\n\nReported as done, but its check says: ${said}`);
}
