import type { Json, JsonObject } from '../../base/index.js';
import { entryOf, type MapNode } from '../yaml/node.js';
import { withOrigin, type Placed } from './origin.js';
import { invalid, type Report, type Shape } from './shape.js';
import { nearest, quote, show, suggest } from './words.js';

type Need = 'required' | 'optional' | 'default';
export interface Field<T, N extends Need> {
  readonly shape: Shape<T>;
  readonly need: N;
  readonly description: string;
  readonly fallback?: T;
}
export type Fields = { readonly [key: string]: Field<unknown, Need> };

export function required<T>(shape: Shape<T>, description: string): Field<T, 'required'> {
  return { shape, need: 'required', description };
}
export function optional<T>(shape: Shape<T>, description: string): Field<T, 'optional'> {
  return { shape, need: 'optional', description };
}
export function withDefault<T>(shape: Shape<T>, fallback: T, description: string): Field<T, 'default'> {
  return { shape, need: 'default', description, fallback };
}

type OptionalKeys<F> = { [K in keyof F]: F[K] extends Field<unknown, 'optional'> ? K : never }[keyof F];
type FieldValue<F> = F extends Field<infer T, Need> ? T : never;
type Simplify<T> = { readonly [K in keyof T]: T[K] };
export type ObjectOf<F> = Simplify<
  { [K in Exclude<keyof F, OptionalKeys<F>>]: FieldValue<F[K]> } & {
    [K in OptionalKeys<F>]?: FieldValue<F[K]>;
  }
>;

export interface ObjectOptions {
  /** What the mapping is, for messages: `step`, `phase`. */
  readonly what?: string;
}

/** A mapping with these keys and no others. */
export function object<const F extends Fields>(
  fields: F,
  options: ObjectOptions = {},
): Shape<Placed<ObjectOf<F>>> {
  const names = Object.keys(fields);
  return {
    schema(definitions) {
      const properties: { [key: string]: JsonObject } = {};
      for (const [name, field] of Object.entries(fields)) {
        const schema = field.shape.schema(definitions);
        const fallback = field.fallback === undefined ? {} : { default: field.fallback as Json };
        properties[name] = { ...schema, description: field.description, ...fallback };
      }
      const needed = names.filter((name) => fields[name]?.need === 'required');
      return {
        type: 'object',
        properties,
        ...(needed.length > 0 ? { required: needed } : {}),
        additionalProperties: false,
      };
    },
    read(node, report) {
      const what = options.what ?? 'mapping';
      if (node.type !== 'map') {
        const example = names
          .slice(0, 3)
          .map((name) => `\`${name}\``)
          .join(', ');
        return report.error(
          node.position,
          'wrong-type',
          `${what === 'mapping' ? '' : `${what}: `}mapping expected, not ${show(node)}`,
          `Its keys are ${example}${names.length > 3 ? ', …' : ''}.`,
        );
      }
      const meant = reportUnknownKeys(node, names, what, report);
      const members: [string, unknown][] = [];
      let usable = true;
      for (const [name, field] of Object.entries(fields)) {
        const entry = entryOf(node, name);
        if (entry === undefined) {
          if (field.need === 'default') members.push([name, field.fallback]);
          if (field.need !== 'required') continue;
          usable = false;
          // A typo in a key is one mistake, not an unknown key and a missing one.
          if (meant.has(name)) continue;
          const hint = `Add \`${name}\`: ${lowerFirst(field.description)}`;
          report.error(
            node.position,
            'missing-key',
            `${what === 'mapping' ? '' : `${what} `}without "${name}"`,
            hint,
          );
          continue;
        }
        const value = field.shape.read(entry.value, report);
        if (value !== invalid) members.push([name, value]);
        else if (field.need === 'default') members.push([name, field.fallback]);
        else if (field.need === 'required') usable = false;
      }
      return usable ? withOrigin(Object.fromEntries(members) as ObjectOf<F>, node) : invalid;
    },
  };
}

/** Gives the keys that were meant by the unknown ones. */
function reportUnknownKeys(
  node: MapNode,
  names: readonly string[],
  what: string,
  report: Report,
): ReadonlySet<string> {
  const meant = new Set<string>();
  const free = names.filter((name) => entryOf(node, name) === undefined);
  for (const entry of node.entries) {
    if (names.includes(entry.key)) continue;
    const near = nearest(entry.key, free);
    if (near !== undefined) meant.add(near);
    const hint = suggest(entry.key, free) ?? `Allowed: ${names.join(', ')}.`;
    report.error(
      entry.keyPosition,
      'unknown-key',
      `unknown key ${quote(entry.key)}${what === 'mapping' ? '' : ` in a ${what}`}`,
      hint,
    );
  }
  return meant;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
