import { canonicalJson } from '../base/index.js';
import type { Condition } from '../language/index.js';
import type { Situation } from './situation.js';

/** Whether a condition holds now. A step that has not ended neither succeeded nor failed nor was skipped; an answer not given equals nothing. */
export function holds(situation: Situation, condition: Condition): boolean {
  if ('all' in condition) return condition.all.every((one) => holds(situation, one));
  if ('any' in condition) return condition.any.some((one) => holds(situation, one));
  if ('not' in condition) return !holds(situation, condition.not);
  const { steps } = situation.state;
  if ('step' in condition) return steps[condition.step]?.status === condition.is;
  const [id = '', field = ''] = condition.answer.split('.');
  const known = steps[id];
  if (known?.how !== 'answered') return false;
  const given = known.outputs[field];
  return given !== undefined && canonicalJson(given) === canonicalJson(condition.equals);
}
