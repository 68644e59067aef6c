import type { Mode } from '../plan.js';
import { formKeys, type FormKey, type StepDocument, type StepKeys } from '../documents/step.js';
import { originOf, withOrigin, type Placed } from '../shape/origin.js';
import type { MapEntry } from '../yaml/node.js';

/** A step as one mode sees it: the keys of `drill:` or `live:` put over its own. */
export type ResolvedStep = Placed<
  StepKeys & { readonly id: string; readonly title: string; readonly overridden: readonly string[] }
>;

/** Keys that speak about the form that they stand beside; a new form does not inherit them. */
const belongsToForm = ['with', 'saves', 'effect', 'check', 'undo'] as const;

/** An override replaces whole keys; one that brings a form replaces the form and all that belongs to it. */
export function resolveStep(step: StepDocument, mode: Mode): ResolvedStep {
  const { drill, live, ...base } = step;
  const override = mode === 'drill' ? drill : live;
  if (override === undefined) return withOrigin({ ...base, overridden: [] }, originOf(step));
  const dropped = formKeys.some((key) => override[key] !== undefined) ? [...formKeys, ...belongsToForm] : [];
  const kept = Object.fromEntries(
    Object.entries(base).filter(([key]) => !dropped.some((one) => one === key)),
  );
  const mine = originOf(override).entries;
  const theirs = originOf(step).entries.filter((entry) => !mine.some((one) => one.key === entry.key));
  const entries: MapEntry[] = [
    ...mine,
    ...theirs.filter((entry) => !dropped.some((one) => one === entry.key)),
  ];
  const merged = {
    ...kept,
    ...override,
    id: step.id,
    title: override.title ?? step.title,
    overridden: Object.keys(override),
  };
  return withOrigin(merged, { ...originOf(step), entries });
}

export function formsOf(step: StepKeys): FormKey[] {
  return formKeys.filter((key) => step[key] !== undefined);
}
