import { lookUp, type Json, type JsonObject } from '../../base/index.js';
import type { InputDocument, RunbookDocument } from '../documents/runbook.js';
import { nodeOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, show } from '../shape/words.js';
import { checkInsertions } from './insertions.js';
import { Known } from './known.js';

const whole = /^\$\{([^${}]*)\}$/;

/** Defaults have the type of their input; they may take a value from the environment and from nowhere else. */
export function checkInputs(runbook: RunbookDocument, environment: JsonObject, report: Report): void {
  const names = { inputs: [], environment, known: new Known(), everywhere: new Set<string>() };
  for (const input of Object.values(runbook.inputs ?? {})) {
    const node = nodeOf(input, 'default');
    if (node === undefined || input.default === undefined) continue;
    checkInsertions(node, names, report);
    if (!fitsInput(input, input.default, environment))
      report.error(
        placeOf(input, 'default'),
        'wrong-type',
        `default of type ${input.type} expected, not ${show(node)}`,
      );
  }
}

/** Whether a value is of the input's type, or will be when `${environment.…}` is filled in. */
export function fitsInput(input: InputDocument, value: Json, environment: JsonObject): boolean {
  const name = typeof value === 'string' ? whole.exec(value)?.[1]?.trim() : undefined;
  const filled = name?.startsWith('environment.') === true ? lookUp({ environment }, name) : value;
  return filled === undefined || typeof filled === input.type;
}

export function describeMismatch(name: string, input: InputDocument, value: Json): string {
  return `input ${quote(name)} is of type ${input.type}, not ${JSON.stringify(value)}`;
}
