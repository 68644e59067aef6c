import type { ComposeInput } from '../compose/compose-input.js';
import type { ChosenEnvironment } from '../compose/plan-environment.js';
import { isSamePerson } from '../compose/plan-people.js';
import { flattenSteps } from '../compose/plan-steps.js';
import type { Plan, Step } from '../plan.js';
import { placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';
import { lintPolicies } from './lint-policies.js';

/** Warnings that need the people, the environment and the configuration of a run. */
export function lintTogether(
  input: ComposeInput,
  plan: Plan,
  environment: ChosenEnvironment,
  report: Report,
): void {
  const { runbook, configuration } = input;
  const steps = plan.phases.flatMap((phase) => flattenSteps(phase.steps));
  // How old a backup may be says nothing about a recovery that needs none.
  const restores = steps.some(
    (step) => step.form === 'uses' && step.call.uses.startsWith('postgres.restore'),
  );
  if (configuration !== null && environment.store !== null && restores)
    lintPolicies(configuration, environment.store, plan.objectives.rpoMs, report);
  const regions = runbook.requires?.regions ?? 1;
  if (regions > environment.regions) {
    const has = environment.regions === 1 ? 'one region' : `${environment.regions} regions`;
    const message = `runbook needs ${regions} regions, environment ${quote(plan.environment.name)} has ${has}`;
    report.warning(environment.position, 'environment-cannot-run', message, 'Choose another environment.');
  }
  for (const step of steps) lintApprovers(step, plan, report);
  lintMessages(input, steps, report);
}

/** Four eyes need two people, whatever their roles are called. */
function lintApprovers(step: Step, plan: Plan, report: Report): void {
  const person = (role: string) => (Object.hasOwn(plan.people, role) ? plan.people[role] : undefined);
  const executor = step.role === undefined ? undefined : person(step.role);
  if (step.approve === undefined || executor === undefined) return;
  // A role that is only this step's own has been reported for the runbook by itself.
  if (step.approve.by.every((role) => role === step.role)) return;
  const approvers = step.approve.by.map(person);
  if (!approvers.every((approver) => approver !== undefined && isSamePerson(approver, executor))) return;
  const message = `only ${quote(executor.name)} may approve step ${quote(step.id)}, and carries it out`;
  report.warning(step.position, 'approver-is-executor', message, 'Bind the approving role to somebody else.');
}

/** A required message that no step sends can only cost points. */
function lintMessages(input: ComposeInput, steps: readonly Step[], report: Report): void {
  const calls = steps.flatMap((step) =>
    step.form === 'uses' && step.call.uses.startsWith('notify.') ? [step.call.with['message']] : [],
  );
  if (calls.some((message) => typeof message === 'string' && message.includes('${'))) return;
  for (const template of input.messages.flatMap((document) => document.messages)) {
    if (!template.required || calls.includes(template.id)) continue;
    const hint = 'Send it, or say `required: false`.';
    report.warning(
      placeOf(template, 'id'),
      'message-not-sent',
      `no step sends the required message ${quote(template.id)}`,
      hint,
    );
  }
}
