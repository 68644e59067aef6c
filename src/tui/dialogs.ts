import { printable, type JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import {
  maxReasonLength,
  reasonField,
  stepsOf,
  wordField,
  type Actor,
  type FormField,
  type OperatorInput,
  type PickOption,
  type RunState,
} from '../run/index.js';
import type { DialogName } from './screen-state.js';

export const dialogTitles: { readonly [name in DialogName]: string } = {
  note: 'Note for the record',
  skip: 'Skip a step: recorded as a deviation',
  hold: 'Hold: no new step starts until released; the clocks go on',
  stop: 'Stop the run: what must always run still runs; then it is over',
  who: 'Who is at the keyboard?',
  undo: 'Undo what was really done, newest first',
};

export function dialogFields(name: DialogName, plan: Plan, state: RunState, values: JsonObject): FormField[] {
  switch (name) {
    case 'note':
      return [{ ...reasonField('Note'), key: 'text' }];
    case 'hold':
      return [reasonField('Why')];
    case 'stop':
      return [wordField('typed', 'Type stop to stop the run', ['stop']), reasonField('Why')];
    case 'skip':
      return [
        { kind: 'pick', key: 'step', label: 'Which step', options: skippable(plan, state) },
        ...(values['step'] === undefined ? [] : [reasonField('Why')]),
      ];
    case 'who':
      return [{ kind: 'pick', key: 'who', label: 'You are', options: peopleOptions(plan, state) }];
    case 'undo':
      return [
        { kind: 'pick', key: 'step', label: 'How far back', options: undoable(plan, state) },
        ...(values['step'] === undefined
          ? []
          : [wordField('typed', 'Type undo to go on', ['undo']), reasonField('Why')]),
      ];
  }
}

/** The input a filled-in dialog makes; null for the one that only tells the screen who is there. */
export function dialogInput(
  name: DialogName,
  plan: Plan,
  state: RunState,
  values: JsonObject,
  by: Actor,
): OperatorInput | null {
  const text = (key: string): string => {
    const value = values[key];
    return typeof value === 'string' ? value : '';
  };
  switch (name) {
    case 'note':
      return { kind: 'note', text: text('text').slice(0, maxReasonLength), by };
    case 'hold':
      return { kind: 'hold', reason: text('reason'), by };
    case 'stop':
      return { kind: 'stop', reason: text('reason'), by };
    case 'skip':
      return { kind: 'skip', step: text('step'), reason: text('reason'), by };
    case 'undo': {
      const steps = undoable(plan, state).map((option) => option.value);
      return {
        kind: 'undo',
        steps: steps.slice(0, steps.indexOf(text('step')) + 1),
        reason: text('reason'),
        by,
      };
    }
    case 'who':
      return null;
  }
}

function skippable(plan: Plan, state: RunState): PickOption[] {
  const active = plan.phases.filter((phase) => {
    const status = state.phases[phase.id]?.status ?? 'pending';
    return status === 'active' || status === 'pending';
  });
  return [...stepsOf(plan).values()]
    .filter(({ step, phase, under }) => {
      const status = state.steps[step.id]?.status ?? 'pending';
      const open = status !== 'succeeded' && status !== 'skipped' && status !== 'failed';
      const mayRun = under.every(({ decide, option }) => {
        const chosen = state.steps[decide]?.chosen ?? null;
        return chosen === null || chosen === option;
      });
      return open && mayRun && active.includes(phase);
    })
    .map(({ step }) => {
      const busy =
        state.steps[step.id]?.status === 'running' && (step.form === 'uses' || step.form === 'parallel');
      const option = { value: step.id, label: printable(step.title), suggested: false };
      return busy ? { ...option, barred: 'it is under way' } : option;
    });
}

/** Newest first; choosing one means it and everything newer. */
function undoable(plan: Plan, state: RunState): PickOption[] {
  return Object.values(state.steps)
    .filter((step) => step.status === 'succeeded' && step.how === 'performed' && !step.undone)
    .sort((a, b) => (b.endedAt?.seq ?? 0) - (a.endedAt?.seq ?? 0))
    .flatMap(({ id }) => {
      const step = stepsOf(plan).get(id)?.step;
      return step?.undo && 'uses' in step.undo
        ? [{ value: id, label: `back to before "${printable(step.title)}"`, suggested: false }]
        : [];
    });
}

function peopleOptions(plan: Plan, state: RunState): PickOption[] {
  return Object.keys(plan.roles).map((role) => {
    const name = state.people[role]?.name ?? plan.people[role]?.name;
    const title = plan.roles[role]?.title ?? role;
    const label = name === undefined ? `${title}, under the name of this account` : `${name}, ${title}`;
    return { value: role, label: printable(label), suggested: false };
  });
}
