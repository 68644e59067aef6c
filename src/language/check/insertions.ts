import { insertedNames } from '../../base/index.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';
import type { DocumentNode } from '../yaml/node.js';
import { judgeName, type Names } from './names.js';

/** Every `${…}` in a value must name something that is known there. */
export function checkInsertions(node: DocumentNode | undefined, names: Names, report: Report): void {
  for (const text of textsOf(node)) {
    for (const name of insertedNames(text.value)) {
      const problem = judgeName(name, names);
      if (problem !== undefined)
        report.error(text.node.position, 'unknown-name', problem.message, problem.hint);
    }
    if (text.value.replace(/\$\{[^${}]*\}/g, '').includes('${')) {
      report.error(
        text.node.position,
        'bad-insertion',
        `"\${" without its "}" in ${quote(text.value)}`,
        'Write `${name}`.',
      );
    }
  }
}

/** Texts that nothing fills in must not look as if something did. */
export function refuseInsertions(node: DocumentNode | undefined, report: Report): void {
  for (const text of textsOf(node)) {
    if (!text.value.includes('${')) continue;
    const hint = 'Values are inserted into arguments, prompts, instructions and messages only.';
    report.error(
      text.node.position,
      'not-inserted-here',
      `${quote(text.value)} would be shown as it is`,
      hint,
    );
  }
}

function* textsOf(node: DocumentNode | undefined): Iterable<{ node: DocumentNode; value: string }> {
  if (node === undefined) return;
  if (node.type === 'list') for (const item of node.items) yield* textsOf(item);
  else if (node.type === 'map') for (const entry of node.entries) yield* textsOf(entry.value);
  else if (typeof node.value === 'string') yield { node, value: node.value };
}
