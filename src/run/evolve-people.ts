import { changePrompt, changeStep, instantOf } from './change-state.js';
import type { Entry, EntryOf } from './entry.js';
import type { PeopleEntry } from './event-types.js';
import { observerKnown } from './evolve-life.js';
import type { PromptState, RunState, StepState } from './state.js';

export function evolvePeople(state: RunState, entry: PeopleEntry): RunState {
  switch (entry.type) {
    case 'roles-bound':
      return { ...state, rolesBound: true, people: { ...state.people, ...entry.data.people } };
    case 'prompt-opened':
      return opened(state, entry);
    case 'prompt-answered':
      return answered(state, entry);
    case 'prompt-withdrawn':
      return changePrompt(state, entry.data.prompt, { closed: true, withdrawn: entry.data.because });
    case 'prompt-overdue':
      return changePrompt(state, entry.data.prompt, { overdue: entry.data.action });
    case 'deviation-recorded':
      return { ...state, deviations: [...state.deviations, entry.data] };
    case 'note-taken':
      return noted(state, entry);
    case 'held':
      return { ...state, held: true };
    case 'released':
      return { ...state, held: false };
    case 'stop-requested': {
      const first = state.stop ?? entry.data;
      const failedIn = entry.data.how === 'failure' ? entry.session : (state.stop?.failedIn ?? null);
      const stop = { reason: first.reason, how: first.how, session: entry.session, failedIn };
      return { ...state, stop, status: state.status === 'open' ? 'stopping' : state.status };
    }
  }
}

function opened(state: RunState, entry: EntryOf<'prompt-opened'> & Entry): RunState {
  const { prompt: id, kind, step, role, text, options, suggest, timeoutMs } = entry.data;
  const asked = { id, kind, step, role, text, options, suggest, timeoutMs, openedAt: instantOf(entry) };
  const open = { overdue: null, answer: null, reason: null, answeredBy: null, answeredAt: null };
  const prompt: PromptState = { ...asked, ...open, withdrawn: null, closed: false };
  const shown = { ...state, prompts: { ...state.prompts, [id]: prompt } };
  if (step === null) return shown;
  return changeStep(shown, step, (known) => ({
    status: 'waiting',
    promptCount: known.promptCount + 1,
    lastPrompt: id,
  }));
}

function answered(state: RunState, entry: EntryOf<'prompt-answered'> & Entry): RunState {
  const { prompt: id, answer, reason } = entry.data;
  const prompt = state.prompts[id];
  if (!prompt || prompt.closed) return state;
  const given = { answer, reason, answeredBy: entry.actor, answeredAt: instantOf(entry), closed: true };
  const known = changePrompt(state, id, given);
  if (prompt.kind === 'nothing-found')
    return { ...known, detection: { ...known.detection, goOn: answer['option'] === 'go-on' } };
  const change = changeOf({ ...prompt, ...given });
  return prompt.step === null || change === null ? known : changeStep(known, prompt.step, change);
}

/** What an answer does to its step at once; other answers wait for the decision that follows from them. */
function changeOf(prompt: PromptState): Partial<StepState> | null {
  const option = prompt.answer?.['option'];
  const byPerson = prompt.answeredBy?.kind === 'person' ? { manualHelp: true } : {};
  switch (prompt.kind) {
    case 'approve':
      if (prompt.answer?.['breakGlass'] === true)
        return { status: 'pending', approvedBy: prompt.answeredBy, brokeGlass: prompt.reason ?? '' };
      return prompt.answer?.['approve'] === true
        ? { status: 'pending', approvedBy: prompt.answeredBy }
        : null;
    case 'confirm':
      return prompt.answer?.['typed'] === undefined ? null : { status: 'pending', confirmed: true };
    case 'failure':
      if (option === 'retry') return { status: 'pending', failure: null, failedAt: null, ...byPerson };
      return option === 'by-hand' ? byPerson : null;
    case 'resume':
      if (option === 'again') return { status: 'pending', unknownSince: null, ...byPerson };
      return option === 'done' ? byPerson : null;
    default:
      return null;
  }
}

/** Where there is no observer, or the ledger could not be anchored, the engine says so in a note. */
function noted(state: RunState, entry: EntryOf<'note-taken'> & Entry): RunState {
  if (entry.actor.kind !== 'engine') return state;
  const { environment, session } = state;
  const awaited = environment.session === session && environment.observerSession !== session;
  if (awaited && /observer|sentinel/i.test(entry.data.text)) return observerKnown(state, entry, null);
  return state.anchorDue ? { ...state, anchorDue: false } : state;
}
