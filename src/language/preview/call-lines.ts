import { canonicalJson } from '../../base/index.js';
import type { Vocabulary } from '../action-spec.js';
import type { ActionCall } from '../plan.js';

/** What a call does, what is expected of it, and the commands and statements that it stands for. */
export function callLines(label: string, call: ActionCall, vocabulary: Vocabulary, indent: string): string[] {
  const spec = vocabulary.actions.get(call.uses);
  const expected = Object.entries(call.expect ?? {}).map(
    ([output, one]) => `${output} ${canonicalJson(one)}`,
  );
  const wanted = expected.length > 0 ? `; expects ${expected.join(', ')}` : '';
  const lines = [
    `${indent}${label}: ${call.uses}: ${spec?.describe(call.with) ?? 'unknown action'}${wanted}`,
  ];
  for (const line of spec?.preview(call.with) ?? []) lines.push(`${indent}    ${line}`);
  return lines;
}
