import type { JsonObject } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { reasonField, wordField, type FormField, type PickOption } from './form-field.js';
import type { PromptState, RunState } from './state.js';
import { ownerOf, stepsOf } from './step-list.js';

/** Four eyes: who approves, the word typed in full, and a reason where it is refused or the glass is broken. */
export function approvalFields(
  plan: Plan,
  state: RunState,
  prompt: PromptState,
  values: JsonObject,
): FormField[] {
  const placed = prompt.step === null ? undefined : stepsOf(plan).get(prompt.step)?.step;
  const approve = placed?.approve;
  const name = (role: string) => state.people[role]?.name ?? plan.people[role]?.name;
  const executor = placed?.role === undefined ? undefined : name(placed.role);
  const roles = approve?.by ?? (prompt.role === null ? [] : [prompt.role]);
  const options: PickOption[] = roles.map((role) => {
    const own =
      approve?.not === 'executor' &&
      (role === placed?.role || (executor !== undefined && name(role) === executor));
    const label = ownerOf(plan, state.people, role);
    return {
      value: `role:${role}`,
      label,
      suggested: false,
      ...(own ? { barred: 'carries the step out' } : {}),
    };
  });
  if (approve?.breakGlass !== undefined) {
    const label = `${ownerOf(plan, state.people, approve.breakGlass)} alone: break the glass, with a reason`;
    options.push({ value: `alone:${approve.breakGlass}`, label, suggested: false });
  }
  const who: FormField = { kind: 'pick', key: 'who', label: 'Who are you?', options };
  if (typeof values['who'] !== 'string') return [who];
  const alone = values['who'].startsWith('alone:');
  const word = wordField('word', alone ? 'Go on alone? Type yes or no' : 'Approve? Type yes or no', [
    'yes',
    'no',
  ]);
  const needsReason = values['word'] === 'no' || (alone && values['word'] === 'yes');
  return needsReason
    ? [who, word, reasonField(values['word'] === 'no' ? 'Why not' : 'Why alone')]
    : [who, word];
}
