import type { ErrorObject } from 'ajv/dist/2020.js';
import { isJsonObject, type JsonObject, type Position } from '../../base/index.js';
import type { Report } from '../shape/shape.js';
import { quote, show, suggest } from '../shape/words.js';
import { entryOf, jsonOf, nodeAt, type DocumentNode, type MapNode } from '../yaml/node.js';
import { short } from '../yaml/tokens.js';
import { argumentValidator } from './argument-schemas.js';

const holdsInsertion = /\$\{[^${}]*\}/;
const isInsertion = /^\$\{[^${}]*\}$/;

/** Judges arguments by their action's own schema: one mistake, one message, at the argument itself. */
export function checkArguments(
  name: string,
  schema: JsonObject,
  args: DocumentNode | undefined,
  place: Position,
  report: Report,
): void {
  const validate = argumentValidator(schema);
  if (typeof validate === 'string') {
    report.error(
      place,
      'bad-action-schema',
      `schema of ${quote(name)} cannot be used: ${short(validate, 120)}`,
    );
    return;
  }
  const node: MapNode = args?.type === 'map' ? args : { type: 'map', entries: [], position: place };
  if (validate(jsonOf(node))) return;
  for (const error of essential(validate.errors ?? [])) reportError(name, error, node, report);
}

/**
 * Leaves out what only follows from another error, and what an insertion may make right when the run fills it in: a whole
 * `${…}` can be anything, text with `${…}` in it any text.
 */
function essential(errors: readonly ErrorObject[]): ErrorObject[] {
  const open = (error: ErrorObject) =>
    typeof error.data === 'string' &&
    (isInsertion.test(error.data) || (holdsInsertion.test(error.data) && error.keyword !== 'type'));
  const composed = (error: ErrorObject) => ['anyOf', 'oneOf', 'if', 'not'].includes(error.keyword);
  const within = (inner: ErrorObject, outer: ErrorObject) =>
    inner !== outer &&
    inner.instancePath.startsWith(outer.instancePath) &&
    inner.schemaPath.startsWith(`${outer.schemaPath}/`);
  const excused = (error: ErrorObject) =>
    open(error) || (composed(error) && errors.some((inner) => open(inner) && within(inner, error)));
  const remaining = errors.filter((error) => !excused(error));
  const outer = errors.filter((error) => composed(error));
  const kept = remaining.filter((error) => !outer.some((one) => within(error, one)));
  const seen = new Set<string>();
  return kept.filter((error) => {
    // One message a place; a missing or unknown argument has its own.
    const own = JSON.stringify([
      error.instancePath,
      error.params['missingProperty'],
      error.params['additionalProperty'],
    ]);
    if (seen.has(own)) return false;
    seen.add(own);
    return true;
  });
}

function reportError(name: string, error: ErrorObject, args: MapNode, report: Report): void {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const node = nodeAt(args, path);
  const what =
    path.length === 0 ? `arguments of ${quote(name)}` : `argument ${quote(path.join('.'))} of ${quote(name)}`;
  const properties = isJsonObject(error.parentSchema?.['properties'])
    ? Object.keys(error.parentSchema['properties'])
    : [];
  const params = error.params as { readonly [key: string]: unknown };
  const unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  if (typeof unknown === 'string') {
    const entry = node.type === 'map' ? entryOf(node, unknown) : undefined;
    const hint = properties.length === 0 ? 'It takes no arguments.' : suggest(unknown, properties);
    report.error(
      entry?.keyPosition ?? node.position,
      'unknown-argument',
      `${quote(unknown)} is no argument of ${quote(name)}`,
      hint,
    );
    return;
  }
  const missing = params['missingProperty'];
  if (typeof missing === 'string') {
    const inside = path.length === 0 ? '' : `${path.join('.')}.`;
    report.error(
      node.position,
      'missing-argument',
      `${quote(name)} without its argument ${quote(inside + missing)}`,
    );
    return;
  }
  report.error(node.position, 'bad-argument', `${what} is ${show(node)}`, expected(error));
}

function expected(error: ErrorObject): string | undefined {
  const params = error.params as { readonly [key: string]: unknown };
  if (Array.isArray(params['allowedValues'])) {
    const words = params['allowedValues'].map(String);
    return suggest(typeof error.data === 'string' ? error.data : '', words);
  }
  if ('allowedValue' in params) return `It must be ${JSON.stringify(params['allowedValue'])}.`;
  if (error.keyword === 'type') return `It must be of type ${String(params['type'])}.`;
  const forms: unknown = error.schema;
  if (Array.isArray(forms) && ['anyOf', 'oneOf'].includes(error.keyword)) {
    return `It must be one of: ${forms.map((form) => short(JSON.stringify(form), 80)).join(' · ')}.`;
  }
  return error.message === undefined ? undefined : `It ${error.message}.`;
}
