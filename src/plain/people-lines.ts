import { printable } from '../base/index.js';
import type { Plan } from '../language/index.js';
import { everybody, type RunState } from '../run/index.js';

/** Everybody of a run, one line each: role, name, how they are reached. */
export function peopleLines(plan: Plan, state: RunState): string[] {
  const all = everybody(plan, state);
  if (all.length === 0) return ['nobody is named in this run'];
  return all.map(({ title, name, contact }) => printable(`${title}: ${name}, ${contact}`));
}
