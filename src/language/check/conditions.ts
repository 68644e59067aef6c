import type { Json } from '../../base/index.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { entryOf, jsonOf, type DocumentNode } from '../yaml/node.js';
import type { Names } from './names.js';
import { judgeName } from './names.js';

/** `when`: names earlier steps and answers that exist; compares an answer only with what it can be. */
export function checkCondition(node: DocumentNode | undefined, names: Names, report: Report): void {
  if (node?.type !== 'map') return;
  for (const { key, value } of node.entries) {
    if (key === 'not') checkCondition(value, names, report);
    if ((key === 'all' || key === 'any') && value.type === 'list')
      value.items.forEach((item) => checkCondition(item, names, report));
    if (value.type !== 'scalar' || typeof value.value !== 'string') continue;
    if (key === 'step' && names.known.get(value.value) === undefined) {
      const later = names.everywhere.has(value.value);
      const message = later
        ? `step ${quote(value.value)} does not come before this one`
        : `unknown step ${quote(value.value)}`;
      const hint = later
        ? undefined
        : suggest(
            value.value,
            names.known.all().map((one) => one.id),
            'Steps before it',
          );
      report.error(value.position, later ? 'later-step' : 'unknown-step', message, hint);
    }
    if (key === 'answer') checkAnswer(node, value, value.value, names, report);
  }
}

function checkAnswer(node: DocumentNode, at: DocumentNode, name: string, names: Names, report: Report): void {
  const problem = judgeName(`answers.${name}`, names);
  if (problem !== undefined) {
    report.error(at.position, 'unknown-name', problem.message, problem.hint);
    return;
  }
  const [id = '', field = ''] = name.split('.');
  const answer = names.known.get(id)?.answers.get(field);
  const equals = node.type === 'map' ? entryOf(node, 'equals')?.value : undefined;
  if (answer === undefined || equals === undefined) return;
  const options = 'options' in answer ? answer.options : 'choice' in answer ? answer.choice : undefined;
  const value: Json = jsonOf(equals);
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  if (options === undefined || options.some((option) => option === value)) return;
  report.error(
    equals.position,
    'impossible-answer',
    `${quote(name)} can never be ${quote(written)}`,
    suggest(written, options),
  );
}
