import type { FormKey, StepKeys } from '../documents/step.js';
import { formKeys } from '../documents/step.js';
import { keyPlaceOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { listed, quote } from '../shape/words.js';
import { formsOf, type ResolvedStep } from './resolve-step.js';

const onlyFor: { readonly [K in keyof StepKeys]?: readonly FormKey[] } = {
  with: ['uses'],
  effect: ['uses'],
  retry: ['uses'],
  saves: ['uses'],
  check: ['uses', 'instruct'],
  undo: ['uses', 'instruct'],
  approve: ['uses', 'instruct'],
};

/** Exactly one form, and only keys that mean something beside it. */
export function checkKeys(step: ResolvedStep, report: Report): void {
  const forms = formsOf(step);
  const [form, second] = forms;
  if (form === undefined) {
    const hint = `Exactly one of ${formKeys.join(', ')}.`;
    report.error(placeOf(step), 'no-form', `step ${quote(step.id)} says not what is to be done`, hint);
    return;
  }
  if (second !== undefined) {
    const hint = `Exactly one of ${formKeys.join(', ')}: make several steps of it.`;
    report.error(
      keyPlaceOf(step, second),
      'several-forms',
      `step ${quote(step.id)} has ${listed(forms)}`,
      hint,
    );
    return;
  }
  for (const [key, allowed] of Object.entries(onlyFor)) {
    if (step[key as keyof StepKeys] === undefined || allowed.includes(form)) continue;
    const hint =
      key === 'saves'
        ? `What was answered is \`answers.${step.id}.…\` without further ado.`
        : `Only beside ${listed(allowed, 'or')}.`;
    report.error(
      keyPlaceOf(step, key),
      'key-not-for-form',
      `${quote(key)} means nothing beside ${quote(form)}`,
      hint,
    );
  }
  if (step.onFailure === 'continue' && step.because === undefined) {
    const hint = 'Add `because` with the reason why the run may go on without it.';
    report.error(
      placeOf(step, 'onFailure'),
      'because-missing',
      '"onFailure: continue" without a reason',
      hint,
    );
  }
  if (step.because !== undefined && step.onFailure !== 'continue') {
    report.error(
      keyPlaceOf(step, 'because'),
      'because-unused',
      '"because" belongs to "onFailure: continue"',
      'Remove it, or write `why`.',
    );
  }
  if (step.marks === 'service-verified' || step.marks === 'disruption') {
    const by = step.marks === 'disruption' ? 'the fault or the first failed probe' : 'the acceptance checks';
    const hint = 'A step may mark detected, declared or recovery-started.';
    report.error(
      placeOf(step, 'marks'),
      'mark-is-measured',
      `${quote(step.marks)} is measured by ${by}, no step can set it`,
      hint,
    );
  }
}
