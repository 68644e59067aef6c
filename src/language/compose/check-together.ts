import type { JsonObject } from '../../base/index.js';
import { blocksOf, reportTwins } from '../check/check-runbook.js';
import { checkInsertions } from '../check/insertions.js';
import { Known } from '../check/known.js';
import type { Names } from '../check/names.js';
import { walkSteps } from '../check/walk-steps.js';
import type { ChecklistDocument } from '../documents/checklist.js';
import type { Phase } from '../plan.js';
import { itemPlaceOf, nodeOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import type { ComposeInput } from './compose-input.js';
import { flattenSteps } from './plan-steps.js';

/** What is only wrong when the documents lie side by side. */
export function checkTogether(
  input: ComposeInput,
  phases: readonly Phase[],
  environment: JsonObject,
  report: Report,
): void {
  const { runbook, checklists, mode } = input;
  const known = new Known();
  const everywhere = new Set(phases.flatMap((phase) => flattenSteps(phase.steps)).map((step) => step.id));
  const names: Names = { inputs: Object.keys(runbook.inputs ?? {}), environment, known, everywhere };
  const roles = Object.keys(runbook.roles);
  if (checklists.before !== undefined) checkItems(checklists.before, names, roles, report);
  const steps: { id: string; place: ReturnType<typeof placeOf> }[] = [];
  for (const block of blocksOf(runbook))
    walkSteps(block, mode, known, (step) => steps.push({ id: step.id, place: placeOf(step, 'id') }));
  if (checklists.after !== undefined) checkItems(checklists.after, names, roles, report);
  const both = [checklists.before, checklists.after].filter((one) => one !== undefined);
  const items = both.flatMap((one) => one.items.map((item) => ({ id: item.id, place: placeOf(item, 'id') })));
  reportTwins('step', [...steps, ...items], report);
  const ownPhases = runbook.phases.map((phase) => ({ id: phase.id, place: placeOf(phase, 'id') }));
  reportTwins(
    'phase',
    [...ownPhases, ...both.map((one) => ({ id: one.id, place: placeOf(one, 'id') }))],
    report,
  );
  // A template that two files hold is one too many, whichever is sent.
  const templates = input.messages.flatMap((one) =>
    one.messages.map((message) => ({ id: message.id, place: placeOf(message, 'id') })),
  );
  reportTwins('message', templates, report);
}

function checkItems(
  checklist: ChecklistDocument,
  names: Names,
  roles: readonly string[],
  report: Report,
): void {
  checklist.items.forEach((item, index) => {
    checkInsertions(nodeOf(item, 'text'), names, report);
    checkInsertions(nodeOf(item, 'check'), names, report);
    if (item.role === undefined || roles.includes(item.role)) return;
    const place = nodeOf(item, 'role')?.position ?? itemPlaceOf(checklist, 'items', index);
    report.error(
      place,
      'unknown-role',
      `unknown role ${quote(item.role)}`,
      suggest(item.role, roles, 'Roles'),
    );
  });
}
