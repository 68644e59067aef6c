import type { Plan } from '../language/index.js';
import { refuse, type Admission } from './admission.js';
import { admitUndo } from './admit-undo.js';
import { checkAnswer } from './check-answer.js';
import type { OperatorInput } from './command.js';
import type { RunEvent } from './entry.js';
import type { Actor } from './facts.js';
import { findStep } from './plan-index.js';
import { needsReason } from './refusal.js';
import { hasEnded } from './situation.js';
import type { RunState } from './state.js';

/**
 * Looks at what a person wants against the run as it is. What follows from it (the deviation of a skip, the end of a step) is
 * decided from the entry, so that nothing is lost when the engine dies in between.
 */
export function admit(plan: Plan, state: RunState, input: OperatorInput): Admission {
  if (state.ended !== null) return refuse('the run has ended', 'Its record can only be read.');
  if (state.status === 'new') return refuse('the run has not begun');
  const take = (event: RunEvent): Admission => ({ events: [{ event, actor: input.by }] });
  const missing =
    'reason' in input && input.kind !== 'answer' ? needsReason(input.reason, `to ${input.kind}`) : null;
  if (missing) return { refused: missing };
  switch (input.kind) {
    case 'answer':
      return admitAnswer(plan, state, input);
    case 'stop':
      return state.stop === null
        ? take({ type: 'stop-requested', data: { reason: input.reason, how: howOf(input.by) } })
        : refuse(`the run is stopping already: ${state.stop.reason}`);
    case 'skip':
      return admitSkip(plan, state, input);
    case 'note':
      return input.text.trim() === ''
        ? refuse('the note is empty', 'Type what should be remembered.')
        : take({ type: 'note-taken', data: { text: input.text.trim() } });
    case 'hold':
      return state.held
        ? refuse('the run is held already', 'Release it first.')
        : take({ type: 'held', data: { reason: input.reason } });
    case 'release':
      return state.held ? take({ type: 'released', data: {} }) : refuse('the run is not held');
    case 'undo':
      return admitUndo(plan, state, input);
  }
}

function howOf(by: Actor): 'person' | 'signal' {
  return by.kind === 'engine' ? 'signal' : 'person';
}

function admitAnswer(plan: Plan, state: RunState, input: OperatorInput & { kind: 'answer' }): Admission {
  const prompt = state.prompts[input.prompt];
  if (!prompt) return refuse(`there is no question ${input.prompt}`);
  if (prompt.withdrawn !== null) return refuse(`the question was withdrawn: ${prompt.withdrawn}`);
  if (prompt.closed) return refuse('the question has been answered already');
  const said = input.reason?.trim() ?? '';
  const reason = said === '' ? null : said;
  const refused = checkAnswer(plan, state, prompt, input.answer, reason, input.by);
  if (refused) return { refused };
  const data = { prompt: prompt.id, answer: input.answer, reason };
  return { events: [{ event: { type: 'prompt-answered', data }, actor: input.by }] };
}

function admitSkip(plan: Plan, state: RunState, input: OperatorInput & { kind: 'skip' }): Admission {
  const step = findStep(plan, input.step)?.step;
  const known = state.steps[input.step];
  if (!step || !known) return refuse(`the plan has no step ${input.step}`);
  if (hasEnded(known)) return refuse(`${input.step} has ended already: ${known.status}`);
  if (known.status === 'running' && (step.form === 'uses' || step.form === 'parallel'))
    return refuse(`${input.step} is under way`, 'Wait for its end, or stop the run.');
  const data = { step: input.step, cause: 'person', reason: input.reason.trim() } as const;
  return { events: [{ event: { type: 'step-skipped', data }, actor: input.by }] };
}
