import type { Json, JsonObject, Position } from '../../base/index.js';
import { describeMismatch, fitsInput } from '../check/inputs.js';
import type { DrillDocument } from '../documents/drill.js';
import type { InputDocument, RunbookDocument } from '../documents/runbook.js';
import { keyPlaceOf, placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';

/** Values of the runbook's inputs: given at the start (as text), else by the drill, else the default. */
export function planInputs(
  runbook: RunbookDocument,
  drill: DrillDocument | null,
  overrides: { readonly [name: string]: string },
  environment: JsonObject,
  asked: Position,
  report: Report,
): JsonObject {
  const inputs: { readonly [name: string]: InputDocument } = runbook.inputs ?? {};
  const names = Object.keys(inputs);
  const fromDrill: JsonObject = drill?.inputs ?? {};
  for (const name of Object.keys(fromDrill)) {
    if (names.includes(name) || drill?.inputs === undefined) continue;
    report.error(
      keyPlaceOf(drill.inputs, name),
      'unknown-input',
      `unknown input ${quote(name)}`,
      suggest(name, names, 'Inputs'),
    );
  }
  for (const name of Object.keys(overrides))
    if (!names.includes(name))
      report.error(asked, 'unknown-input', `unknown input ${quote(name)}`, suggest(name, names, 'Inputs'));

  const values: [string, Json][] = [];
  for (const [name, input] of Object.entries(inputs)) {
    const typed = Object.hasOwn(overrides, name) ? fromText(input, overrides[name] ?? '') : undefined;
    const declared = Object.hasOwn(fromDrill, name) ? fromDrill[name] : undefined;
    const value = typed ?? declared ?? input.default;
    const place =
      typed !== undefined
        ? asked
        : declared !== undefined && drill?.inputs !== undefined
          ? placeOf(drill.inputs, name)
          : placeOf(input);
    if (value === undefined) {
      report.error(
        asked,
        'missing-input',
        `input ${quote(name)} has no value`,
        `Give it with \`--input ${name}=…\`, or under \`inputs\` in the drill.`,
      );
    } else if (!fitsInput(input, value, environment)) {
      report.error(place, 'bad-input', describeMismatch(name, input, value));
    } else values.push([name, value]);
  }
  return Object.fromEntries(values);
}

function fromText(input: InputDocument, text: string): Json {
  if (input.type === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (input.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
