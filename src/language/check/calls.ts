import type { JsonObject } from '../../base/index.js';
import type { ActionSpec, Vocabulary } from '../action-spec.js';
import type { CallDocument } from '../documents/call.js';
import { keyPlaceOf, nodeOf, placeOf, type Placed } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import { checkArguments } from './arguments.js';

/** The action a call names, its arguments judged; `undefined` after saying so when there is no such action. */
export function checkCallee(
  call: Placed<{ readonly uses?: string; readonly with?: Placed<JsonObject> }>,
  vocabulary: Vocabulary,
  report: Report,
): ActionSpec | undefined {
  const name = call.uses ?? '';
  const spec = vocabulary.actions.get(name);
  const place = placeOf(call, 'uses');
  if (spec === undefined) {
    const names = [...vocabulary.actions.keys()];
    const family = names.filter((other) => other.split('.')[0] === name.split('.')[0]);
    const hint = suggest(name, names) ?? '';
    const better = hint.startsWith('Did') || family.length === 0 ? hint : `Allowed: ${family.join(', ')}.`;
    report.error(place, 'unknown-action', `unknown action ${quote(name)}`, better);
    return undefined;
  }
  checkArguments(name, spec.with, nodeOf(call, 'with'), nodeOf(call, 'with')?.position ?? place, report);
  return spec;
}

/** A call whose outputs answer a question: what it expects must be outputs of the action. */
export function checkQuestion(call: CallDocument, vocabulary: Vocabulary, report: Report): void {
  const spec = checkCallee(call, vocabulary, report);
  if (spec === undefined) return;
  const outputs = Object.keys(spec.outputs);
  if (call.expect === undefined) {
    // What is expected but could not be read has been reported.
    if (nodeOf(call, 'expect') !== undefined) return;
    if (outputs.includes('ok')) return;
    const hint = `Add \`expect\` with one of its outputs: ${outputs.join(', ') || 'it has none'}.`;
    report.error(
      placeOf(call, 'uses'),
      'check-without-expectation',
      `${quote(spec.name)} has no output "ok" and nothing is expected of it`,
      hint,
    );
    return;
  }
  for (const output of Object.keys(call.expect)) {
    if (outputs.includes(output)) continue;
    const hint = suggest(output, outputs, 'Outputs') ?? 'It has no outputs.';
    report.error(
      keyPlaceOf(call.expect, output),
      'unknown-output',
      `${quote(spec.name)} has no output ${quote(output)}`,
      hint,
    );
  }
}
