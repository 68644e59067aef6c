import type { Json, JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { OperatorInput } from './command.js';
import type { Actor } from './facts.js';
import type { PromptState, RunState } from './state.js';
import { ownerOf, stepsOf } from './step-list.js';

/** Who answers when nobody said who is at the keyboard: the person bound to the prompt's role, else `operator`. */
export function answerer(plan: Plan, state: RunState, prompt: PromptState, operator: Actor): Actor {
  if (prompt.role === null) return operator;
  const name = state.people[prompt.role]?.name ?? plan.people[prompt.role]?.name;
  if (name !== undefined) return { kind: 'person', name, role: prompt.role };
  return operator.kind === 'person' ? { kind: 'person', name: operator.name, role: prompt.role } : operator;
}

/** The input that a filled-in form makes. Shapes: ask `{field: value}`; confirm `{typed}` or `{cancel: true}`; approve `{approve: true|false}` or
 * `{breakGlass: true}`; instruct `{done: true|false}`; every other kind `{option}`. A reason stands beside the answer. */
export function promptInput(
  plan: Plan,
  state: RunState,
  prompt: PromptState,
  values: JsonObject,
  by: Actor,
): OperatorInput & { kind: 'answer' } {
  const typed = values['reason'];
  const isReason = prompt.kind !== 'ask' && typeof typed === 'string';
  const base = { kind: 'answer', prompt: prompt.id, ...(isReason ? { reason: typed } : {}) } as const;
  switch (prompt.kind) {
    case 'ask': {
      const step = prompt.step === null ? undefined : stepsOf(plan).get(prompt.step)?.step;
      const fields = step?.form === 'ask' ? step.fields : {};
      const answer = Object.fromEntries(
        Object.entries(values).map(([key, one]): [string, Json] => [
          key,
          fields[key]?.kind === 'confirm' ? one === 'yes' : one,
        ]),
      );
      return { ...base, answer, by };
    }
    case 'instruct':
      return { ...base, answer: { done: values['option'] === 'done' }, by };
    case 'confirm':
      return typed !== undefined
        ? { ...base, answer: { cancel: true }, by }
        : { ...base, answer: { typed: values['typed'] ?? '' }, by };
    case 'approve': {
      const who = typeof values['who'] === 'string' ? values['who'] : '';
      const [how, role = ''] = who.split(/:(.*)/su);
      const name = ownerName(plan, state, role) ?? (by.kind === 'person' ? by.name : 'unassigned');
      const approver: Actor = { kind: 'person', name, role };
      if (values['word'] !== 'yes') return { ...base, answer: { approve: false }, by: approver };
      return { ...base, answer: how === 'alone' ? { breakGlass: true } : { approve: true }, by: approver };
    }
    default:
      return { ...base, answer: { option: values['option'] ?? '' }, by };
  }
}

function ownerName(plan: Plan, state: RunState, role: string): string | undefined {
  return state.people[role]?.name ?? plan.people[role]?.name;
}

/** Whose answer the prompt waits for, or that anybody may give it. */
export function awaited(plan: Plan, state: RunState, prompt: PromptState): string {
  return prompt.role === null ? 'anybody' : ownerOf(plan, state.people, prompt.role);
}

/** The person of a role, as an actor; of a role that nobody has, whoever is at the terminal. */
export function personOf(plan: Plan, state: RunState, role: string, operator: Actor): Actor {
  const own = operator.kind === 'person' ? operator.name : role;
  const name = state.people[role]?.name ?? plan.people[role]?.name ?? own;
  return { kind: 'person', name, role };
}
