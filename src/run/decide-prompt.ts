import { formatDuration, insert, type JsonObject } from '../base/index.js';
import type { Step } from '../language/index.js';
import { checkAnswer } from './check-answer.js';
import type { Command } from './command.js';
import type { EventOf } from './entry.js';
import type { Actor } from './facts.js';
import { giveUp } from './give-up.js';
import { findStep } from './plan-index.js';
import { scopeOf } from './scope.js';
import { append, atMs, isScripted, stageOf, stepState, wake, type Situation } from './situation.js';
import type { PromptState } from './state.js';

type Asked = EventOf<'prompt-opened'>['data'];

/** Opens a prompt of a step. Its id is made of the step, the kind and a number, so that resuming gives the same one. */
export function openPrompt(
  situation: Situation,
  step: Step,
  asked: Pick<Asked, 'kind' | 'role' | 'text' | 'options'> & Partial<Pick<Asked, 'suggest' | 'timeoutMs'>>,
): Command[] {
  if (isPastAsking(situation, asked.kind)) return endUnasked(step, asked.kind);
  const number = stepState(situation, step).promptCount + 1;
  const prompt = `${step.id}/${asked.kind}/${number}`;
  const data = { prompt, step: step.id, suggest: null, timeoutMs: null, ...asked };
  return append({ type: 'prompt-opened', data });
}

/** A text for people, with what is known inserted; a name that is not known stays readable as `${name}`. */
export function fillText({ plan, state }: Situation, text: string): string {
  // The blank keeps a text that is one insertion and nothing else from becoming something other than text.
  const { value } = insert(`${text} `, scopeOf(plan, state));
  return typeof value === 'string' ? value.trimEnd() : text;
}

/**
 * After a signal nobody may be there: obligations that need a person are left open, so that the engine ends. In a lab that is
 * about to be removed, one that failed is no question either.
 */
function isPastAsking({ plan, state }: Situation, kind: Asked['kind']): boolean {
  if (state.stop === null) return false;
  return state.stop.how === 'signal' || (kind === 'failure' && plan.environment.kind === 'lab');
}

const unasked = 'the run was stopped, so nobody was asked';

function endUnasked(step: Step, kind: Asked['kind']): Command[] {
  if (kind === 'failure' || kind === 'resume') return giveUp(step, false, unasked);
  return append({ type: 'step-skipped', data: { step: step.id, cause: 'run-stopped', reason: unasked } });
}

/** An open prompt: the declared answer of an unattended drill, its time limit, or patience. */
export function awaitAnswer(situation: Situation, prompt: PromptState): Command[] {
  if (isPastAsking(situation, prompt.kind))
    return append({ type: 'prompt-withdrawn', data: { prompt: prompt.id, because: unasked } });
  if (isScripted(situation.plan)) {
    const absentMs = prompt.step === null ? undefined : situation.plan.answers.absent?.[prompt.step];
    const asked = prompt.kind !== 'failure' && prompt.kind !== 'resume';
    if (absentMs !== undefined && asked) return waitInVain(situation, prompt, absentMs);
    return answerAsDeclared(situation, prompt);
  }
  const { nowMs } = situation;
  if (prompt.timeoutMs === null || prompt.overdue === 'remind' || prompt.overdue === 'escalate') return [];
  if (prompt.overdue === 'fail') {
    const because = 'not answered in time';
    return append({ type: 'prompt-withdrawn', data: { prompt: prompt.id, because } });
  }
  const dueMs = atMs(prompt.openedAt) + prompt.timeoutMs;
  if (nowMs < dueMs) return wake(dueMs);
  const action =
    (prompt.step === null ? null : findStep(situation.plan, prompt.step)?.step.onTimeout) ?? 'remind';
  return append({ type: 'prompt-overdue', data: { prompt: prompt.id, action } });
}

/** Whoever is asked is declared absent: the time passes, it is said that nobody came, and nothing turns into a yes. */
function waitInVain(situation: Situation, prompt: PromptState, absentMs: number): Command[] {
  const dueMs = atMs(prompt.openedAt) + absentMs;
  if (situation.nowMs < dueMs) return wake(dueMs);
  if (prompt.overdue === null) {
    const step = prompt.step === null ? null : findStep(situation.plan, prompt.step)?.step;
    const action = step?.onTimeout ?? 'remind';
    return append({ type: 'prompt-overdue', data: { prompt: prompt.id, action } });
  }
  const because = `nobody answered within ${formatDuration(absentMs)}; the drill declares that nobody is there`;
  return append({ type: 'prompt-withdrawn', data: { prompt: prompt.id, because } });
}

function answerAsDeclared(situation: Situation, prompt: PromptState): Command[] {
  const { plan, state } = situation;
  const declared = declaredAnswer(situation, prompt);
  const about = prompt.step ?? prompt.kind;
  if (!declared) return cannotAnswer(situation, prompt, `no declared answer for ${about} (${prompt.kind})`);
  const by: Actor = { kind: 'scripted', ...(prompt.role === null ? {} : { role: prompt.role }) };
  const refused = checkAnswer(plan, state, prompt, declared.answer, declared.reason, by);
  if (refused) {
    const why = `the declared answer for ${about} (${prompt.kind}) is not valid: ${refused.why}`;
    return cannotAnswer(situation, prompt, why);
  }
  return append({ type: 'prompt-answered', data: { prompt: prompt.id, ...declared } }, by);
}

/** Without an answer an unattended run cannot go on: it fails, and an obligation counts as not met. */
function cannotAnswer(situation: Situation, prompt: PromptState, why: string): Command[] {
  return stageOf(situation, prompt.step) === 'always'
    ? append({ type: 'prompt-withdrawn', data: { prompt: prompt.id, because: why } })
    : append({ type: 'stop-requested', data: { reason: why, how: 'failure' } });
}

const scriptedReason = 'declared in the drill';

function declaredAnswer(
  { plan }: Situation,
  prompt: PromptState,
): { readonly answer: JsonObject; readonly reason: string | null } | undefined {
  const { steps, onFailure, onResume } = plan.answers;
  if (prompt.kind === 'failure' || prompt.kind === 'resume') {
    const option = prompt.kind === 'failure' ? onFailure : onResume;
    return option === undefined ? undefined : { answer: { option }, reason: scriptedReason };
  }
  const given = prompt.step === null || prompt.kind === 'confirm' ? undefined : steps[prompt.step];
  if (!given) return undefined;
  if (prompt.kind === 'ask') return { answer: given, reason: null };
  const { reason, ...answer } = given;
  return { answer, reason: typeof reason === 'string' ? reason : scriptedReason };
}
