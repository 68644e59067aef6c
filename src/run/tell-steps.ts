import { formatDuration } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { StepEntry } from './event-types.js';
import type { RunState } from './state.js';
import { stepOwner, stepsOf, titleOf } from './step-list.js';
import type { Told } from './told.js';
import {
  durationSince,
  spokenCheck,
  spokenDuration,
  spokenFailure,
  spokenPurposeCheck,
} from './tell-words.js';

const howWords = {
  performed: '',
  'already-done': ', was done already',
  'by-hand': ', done by hand',
  answered: ', answered',
  waited: ', waited',
} as const;

export function tellStep(plan: Plan, state: RunState, entry: StepEntry): Told {
  const { type, data } = entry;
  const title = 'step' in data ? titleOf(plan, data.step) : '';
  switch (type) {
    case 'step-started': {
      const step = stepsOf(plan).get(data.step)?.step;
      const who = step === undefined ? '' : ` (${stepOwner(plan, state, step)})`;
      const again = data.attempt > 1 ? `, attempt ${data.attempt}` : '';
      const what = data.describe === '' || data.describe === title ? '' : `: ${data.describe}`;
      return { word: 'start', text: `${title}${who}${again}${what}`, level: 'info' };
    }
    case 'step-succeeded':
      return { word: 'done', text: `${title}${took(state, entry)}${howWords[data.how]}`, level: 'good' };
    case 'step-failed': {
      const next = data.willRetry ? '; will be tried again' : '';
      return {
        word: 'FAILED',
        text: `${title}${took(state, entry, 'after')}: ${spokenFailure(data.failure)}${next}${data.failure.hint === undefined ? '' : ` - ${data.failure.hint}`}`,
        level: data.willRetry ? 'warning' : 'bad',
      };
    }
    case 'step-given-up': {
      const next = data.goesOn ? 'the run goes on' : 'the run stops';
      return {
        word: 'given up',
        text: `${title}: ${data.because}; ${next}`,
        level: data.goesOn ? 'warning' : 'bad',
      };
    }
    case 'step-skipped':
      return {
        word: 'skipped',
        text: `${title}: ${data.reason}`,
        level: data.cause === 'person' || data.cause === 'run-stopped' ? 'warning' : 'info',
      };
    case 'step-outcome-unknown':
      return {
        word: 'unknown',
        text: `${title}, attempt ${data.attempt}: outcome unknown, ${data.because}`,
        level: 'bad',
      };
    case 'check-evaluated': {
      const text = `${title}, ${spokenPurposeCheck(data.purpose, data.check)}`;
      // Not being done yet is what a check is expected to say before its step and while waiting.
      const mayFail = data.purpose === 'before' || data.purpose === 'wait';
      return {
        word: 'check',
        text,
        level: data.check.verdict === 'pass' ? 'good' : mayFail ? 'info' : 'warning',
      };
    }
    case 'message-sent': {
      const gaps = data.unfilled.length > 0 ? `; left blank: ${data.unfilled.join(', ')}` : '';
      return {
        word: 'sent',
        text: `${data.subject} (${data.message}) to ${data.to} by ${data.channel}${gaps}`,
        level: data.unfilled.length > 0 ? 'warning' : 'info',
      };
    }
    case 'acceptance-probed': {
      const red = data.checks.filter((one) => one.check.verdict !== 'pass');
      const what = red.map((one) => `${one.id} ${spokenCheck(one.check)}`).join(', ');
      return data.green
        ? {
            word: 'green',
            text: `acceptance round ${data.round}: all ${data.checks.length} checks pass`,
            level: 'good',
          }
        : { word: 'red', text: `acceptance round ${data.round}: ${what}`, level: 'warning' };
    }
    case 'survivors-listed':
      return data.missing === 0
        ? {
            word: 'loss',
            text: `no acknowledged commit is missing, ${data.acknowledged} counted`,
            level: 'good',
          }
        : {
            word: 'loss',
            text: `${data.missing} of ${data.acknowledged} acknowledged commits are missing, over ${formatDuration(data.windowMs)} (RPO ${formatDuration(plan.objectives.rpoMs)})`,
            level: data.windowMs <= plan.objectives.rpoMs ? 'warning' : 'bad',
          };
    case 'survivors-not-listed':
      return { word: 'loss', text: `data loss not measured: ${data.reason}`, level: 'warning' };
    case 'undo-requested':
      return {
        word: 'undo',
        text: `${data.steps.map((step) => titleOf(plan, step)).join(', ')}: ${data.reason}`,
        level: 'warning',
      };
    case 'undo-started':
      return { word: 'undo', text: `${title}: ${data.describe}`, level: 'warning' };
    case 'undo-ended':
      return data.failure === null
        ? { word: 'undone', text: title, level: 'info' }
        : { word: 'FAILED', text: `undo of ${title}: ${spokenFailure(data.failure)}`, level: 'bad' };
  }
}

function took(
  state: RunState,
  entry: StepEntry & { data: { step: string; attempt: number } },
  word = 'in',
): string {
  const step = state.steps[entry.data.step];
  if (step?.attempt !== entry.data.attempt) return '';
  return spokenDuration(durationSince(step.startedAt, entry)).replace(' in ', ` ${word} `);
}
