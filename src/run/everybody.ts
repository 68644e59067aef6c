import type { Plan } from '../language/index.js';
import type { RunState } from './state.js';

export interface Reachable {
  readonly title: string;
  /** `unassigned` where nobody has the role. */
  readonly name: string;
  /** `no contact given` where there is none. */
  readonly contact: string;
}

/** Every role of a run in the order of the plan, who has it and how they are reached; the observer last. */
export function everybody(plan: Plan, state: RunState): Reachable[] {
  const of = (title: string, name: string | undefined, contact: string | undefined): Reachable => ({
    ...{ title, name: name ?? 'unassigned', contact: contact ?? 'no contact given' },
  });
  const roles = Object.entries(plan.roles).map(([role, { title }]) =>
    of(title, state.people[role]?.name ?? plan.people[role]?.name, plan.people[role]?.contact),
  );
  return plan.observer ? [...roles, of('Observer', plan.observer.name, plan.observer.contact)] : roles;
}
