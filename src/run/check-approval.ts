import type { JsonObject } from '../base/index.js';
import type { Plan, Step } from '../language/index.js';
import { needsReason, type Refusal } from './refusal.js';
import type { Actor } from './facts.js';
import type { RunState } from './state.js';

/** Four eyes: who may say yes, who may go on alone, and that the person bound to a role is the one who speaks for it. */
export function checkApproval(
  plan: Plan,
  state: RunState,
  step: Step | undefined,
  answer: JsonObject,
  reason: string | null,
  by: Actor,
): Refusal | null {
  const approve = step?.approve;
  if (!step || !approve) return { why: 'its step needs no approval' };
  const alone = answer['breakGlass'] === true;
  if (!alone && typeof answer['approve'] !== 'boolean')
    return { why: 'neither approved nor refused', hint: 'Approve, or refuse with a reason.' };
  if (alone && approve.breakGlass === undefined)
    return { why: `nobody may go on alone with ${step.id}`, hint: `Ask ${approve.by.join(' or ')}.` };
  if (alone || answer['approve'] === false) {
    const missing = needsReason(reason, alone ? 'going on alone' : 'refusing an approval');
    if (missing) return missing;
  }
  // An unattended drill has no people; its score is capped for that.
  if (by.kind === 'scripted') return null;
  if (by.kind !== 'person') return { why: `${by.kind} cannot approve` };
  const allowed = alone && approve.breakGlass !== undefined ? [approve.breakGlass] : approve.by;
  if (by.role === undefined || !allowed.includes(by.role))
    return {
      why: `${by.name} answers as ${by.role ?? 'nobody in particular'}`,
      hint: `Only ${allowed.join(' or ')} may answer this.`,
    };
  const nameOf = (role: string) => state.people[role]?.name ?? plan.people[role]?.name;
  const bound = nameOf(by.role);
  if (bound !== undefined && bound !== by.name)
    return { why: `${by.role} is ${bound}, not ${by.name}`, hint: `Let ${bound} answer.` };
  const executor = step.role === undefined ? undefined : nameOf(step.role);
  const isExecutor = by.role === step.role || executor === by.name;
  return !alone && answer['approve'] === true && approve.not === 'executor' && isExecutor
    ? { why: `${by.name} carries out ${step.id} and may not approve it`, hint: 'Let somebody else approve.' }
    : null;
}
