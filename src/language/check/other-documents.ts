import type { Vocabulary } from '../action-spec.js';
import type { ChecklistDocument } from '../documents/checklist.js';
import type { DrillDocument } from '../documents/drill.js';
import type { MessagesDocument } from '../documents/messages.js';
import type { RubricDocument } from '../documents/rubric.js';
import { itemPlaceOf, keyPlaceOf, nodeOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { checkArguments } from './arguments.js';
import { checkQuestion } from './calls.js';
import { reportTwins } from './check-runbook.js';
import { refuseInsertions } from './insertions.js';

export function checkDrill(drill: DrillDocument, vocabulary: Vocabulary, report: Report): void {
  for (const fault of drill.faults) {
    const spec = vocabulary.faults.get(fault.inject);
    const place = placeOf(fault, 'inject');
    if (spec === undefined) {
      report.error(
        place,
        'unknown-fault',
        `unknown fault ${quote(fault.inject)}`,
        suggest(fault.inject, [...vocabulary.faults.keys()]),
      );
      continue;
    }
    const args = nodeOf(fault, 'with');
    checkArguments(fault.inject, spec.with, args, args?.position ?? place, report);
    refuseInsertions(args, report);
  }
  const ids = drill.faults.map((fault) => ({
    id: fault.id ?? fault.inject,
    place: placeOf(fault, fault.id === undefined ? 'inject' : 'id'),
  }));
  reportTwins('fault', ids, report);
}

export function checkRubric(rubric: RubricDocument, report: Report): void {
  reportTwins(
    'category',
    rubric.categories.map((one) => ({ id: one.key, place: placeOf(one, 'key') })),
    report,
  );
  reportTwins(
    'cap',
    rubric.caps.map((id, index) => ({ id, place: itemPlaceOf(rubric, 'caps', index) })),
    report,
  );
  const sum = rubric.categories.reduce((total, one) => total + one.weight, 0);
  if (Math.abs(sum - 100) > 1e-9) {
    const message = `weights sum to ${Math.round(sum * 1000) / 1000}, not to 100`;
    report.error(keyPlaceOf(rubric, 'categories'), 'weights-not-100', message);
  }
}

export function checkChecklist(checklist: ChecklistDocument, vocabulary: Vocabulary, report: Report): void {
  reportTwins(
    'item',
    checklist.items.map((item) => ({ id: item.id, place: placeOf(item, 'id') })),
    report,
  );
  for (const item of checklist.items) {
    if (item.check !== undefined) checkQuestion(item.check, vocabulary, report);
    for (const key of ['title', 'why', 'evidence']) refuseInsertions(nodeOf(item, key), report);
  }
}

export function checkMessages(messages: MessagesDocument, report: Report): void {
  reportTwins(
    'message',
    messages.messages.map((one) => ({ id: one.id, place: placeOf(one, 'id') })),
    report,
  );
}
