import { formatDuration, type JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { PeopleEntry } from './event-types.js';
import type { PromptKind } from './facts.js';
import type { RunState } from './state.js';
import { ownerOf, titleOf } from './step-list.js';
import type { Told } from './told.js';
import { durationSince, spokenActor, spokenDuration, spokenValue } from './tell-words.js';

/** What a prompt of this kind wants of a person, as the beginning of a sentence. */
export const promptWords: { readonly [kind in PromptKind]: string } = {
  ask: 'Fill in',
  decide: 'Decide',
  instruct: 'Do and report',
  approve: 'Approve or refuse',
  confirm: 'Confirm by typing the name',
  failure: 'Choose what to do about the failure',
  resume: 'Say what happens to the interrupted step',
  'nothing-found': 'Nothing wrong was found: go on or stop',
};

export function tellPeople(plan: Plan, state: RunState, entry: PeopleEntry): Told {
  const { type, data } = entry;
  switch (type) {
    case 'roles-bound': {
      const people = Object.keys(data.people).map((role) => ownerOf(plan, data.people, role));
      return {
        word: 'people',
        text: people.length > 0 ? people.join(', ') : 'nobody is assigned to a role',
        level: 'info',
      };
    }
    case 'prompt-opened': {
      const who = ` for ${data.role === null ? 'anybody' : ownerOf(plan, state.people, data.role)}`;
      const limit = data.timeoutMs === null ? '' : `, within ${formatDuration(data.timeoutMs)}`;
      const options =
        data.kind !== 'confirm' && data.options.length > 0 ? ` [${data.options.join(' | ')}]` : '';
      const suggested = data.suggest === null ? '' : ` (suggested: ${data.suggest})`;
      const about = data.step === null ? '' : `, ${titleOf(plan, data.step)}`;
      return {
        word: 'WAITING',
        text: `${promptWords[data.kind]}${who}${limit}${about}: ${data.text}${options}${suggested}`,
        level: 'ask',
      };
    }
    case 'prompt-answered': {
      const prompt = state.prompts[data.prompt];
      const about = prompt?.step == null ? (prompt?.text ?? data.prompt) : titleOf(plan, prompt.step);
      const waited = spokenDuration(durationSince(prompt?.openedAt, entry)).replace(' in ', ' after ');
      const reason = data.reason === null ? '' : `; reason: ${data.reason}`;
      return {
        word: 'answer',
        text: `${about}: ${spokenAnswer(data.answer)}, by ${spokenActor(entry.actor)}${waited}${reason}`,
        level: 'info',
      };
    }
    case 'prompt-withdrawn':
      return { word: 'closed', text: `question withdrawn: ${data.because}`, level: 'info' };
    case 'prompt-overdue':
      return tellOverdue(plan, state, data);
    case 'deviation-recorded': {
      const about = data.step === null ? '' : `, ${titleOf(plan, data.step)}`;
      return { word: 'deviates', text: `${data.kind}${about}: ${data.reason}`, level: 'warning' };
    }
    case 'note-taken':
      return { word: 'note', text: `${data.text} (${spokenActor(entry.actor)})`, level: 'info' };
    case 'held':
      return {
        word: 'HELD',
        text: `no new step starts: ${data.reason} (${spokenActor(entry.actor)})`,
        level: 'warning',
      };
    case 'released':
      return { word: 'released', text: `steps start again (${spokenActor(entry.actor)})`, level: 'info' };
    case 'stop-requested':
      return { word: 'STOP', text: `${data.reason} (${data.how})`, level: 'bad' };
  }
}

function tellOverdue(
  plan: Plan,
  state: RunState,
  data: { prompt: string; action: 'remind' | 'escalate' | 'fail' },
): Told {
  const prompt = state.prompts[data.prompt];
  const about = prompt?.step == null ? data.prompt : titleOf(plan, prompt.step);
  const who = prompt?.role == null ? '' : `, ${ownerOf(plan, state.people, prompt.role)}`;
  if (data.action === 'fail')
    return { word: 'overdue', text: `${about}${who}: no answer in time, the step fails`, level: 'bad' };
  const call =
    data.action === 'escalate' ? 'still no answer, call somebody else in' : 'no answer yet, still waiting';
  return { word: 'overdue', text: `${about}${who}: ${call}`, level: 'warning' };
}

function spokenAnswer(answer: JsonObject): string {
  const parts = Object.entries(answer).map(([key, value]) =>
    value === true ? key : key === 'option' ? spokenValue(value) : `${key}: ${spokenValue(value)}`,
  );
  return parts.length > 0 ? parts.join(', ') : 'empty answer';
}
