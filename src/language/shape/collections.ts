import type { JsonObject } from '../../base/index.js';
import { given } from '../given.js';
import { entryOf, jsonOf, type DocumentNode } from '../yaml/node.js';
import { withOrigin, type Placed } from './origin.js';
import { namePattern, oneOf } from './scalars.js';
import { invalid, type Definitions, type Shape } from './shape.js';
import { listed, quote, show } from './words.js';

/** A list; items that cannot be used are reported and left out. */
export function list<T>(item: Shape<T>, minItems = 0): Shape<readonly T[]> {
  return {
    schema: (definitions) => ({
      type: 'array',
      items: item.schema(definitions),
      ...(minItems > 0 ? { minItems } : {}),
    }),
    read(node, report) {
      if (node.type !== 'list') {
        return report.error(
          node.position,
          'wrong-type',
          `list expected, not ${show(node)}`,
          'Write `[…]`, or each item on a line of its own that begins with `- `.',
        );
      }
      if (node.items.length < minItems) {
        return report.error(
          node.position,
          'too-few-items',
          'an empty list',
          `At least ${minItems} expected.`,
        );
      }
      const items: T[] = [];
      for (const one of node.items) {
        const value = item.read(one, report);
        if (value !== invalid) items.push(value);
      }
      return items;
    },
  };
}

/** A mapping from names of the author's choice to values of one shape. */
export function mapOf<T>(
  value: Shape<T>,
  keys: { pattern?: RegExp; what?: string; hint?: string; minEntries?: number } = {},
): Shape<Placed<{ readonly [key: string]: T }>> {
  const pattern = keys.pattern ?? namePattern;
  return {
    schema: (definitions) => ({
      type: 'object',
      additionalProperties: value.schema(definitions),
      propertyNames: { pattern: pattern.source },
      ...given('minProperties', keys.minEntries),
    }),
    read(node, report) {
      if (node.type !== 'map')
        return report.error(node.position, 'wrong-type', `mapping expected, not ${show(node)}`);
      if (node.entries.length < (keys.minEntries ?? 0))
        return report.error(
          node.position,
          'too-few-entries',
          'an empty mapping',
          'At least one entry expected.',
        );
      const members: [string, T][] = [];
      for (const entry of node.entries) {
        if (!pattern.test(entry.key)) {
          const hint =
            keys.hint ?? 'Names begin with a letter and hold letters, digits, hyphens and underscores.';
          report.error(
            entry.keyPosition,
            'bad-name',
            `${quote(entry.key)} is not ${keys.what ?? 'a name'}`,
            hint,
          );
          continue;
        }
        const read = value.read(entry.value, report);
        if (read !== invalid) members.push([entry.key, read]);
      }
      return withOrigin(Object.fromEntries(members), node);
    },
  };
}

/** A mapping whose members something else judges: the arguments of an action. */
export const freeMap: Shape<Placed<JsonObject>> = {
  schema: () => ({ type: 'object' }),
  read(node, report) {
    if (node.type !== 'map')
      return report.error(node.position, 'wrong-type', `mapping expected, not ${show(node)}`);
    return withOrigin(jsonOf(node) as JsonObject, node);
  },
};

/** A shape that is needed before it is made, or that holds itself. */
export function named<T>(name: string, shape: () => Shape<T>): Shape<T> {
  return {
    schema(definitions: Definitions) {
      if (!definitions.has(name)) {
        definitions.set(name, {});
        definitions.set(name, shape().schema(definitions));
      }
      return { $ref: `#/$defs/${name}` };
    },
    read: (node, report) => shape().read(node, report),
  };
}

/** One of several shapes; `pick` tells from the node which one the author meant, so that one mistake gives one message. */
export function choiceOf<T>(shapes: readonly Shape<T>[], pick: (node: DocumentNode) => Shape<T>): Shape<T> {
  return {
    schema: (definitions) => ({ anyOf: shapes.map((shape) => shape.schema(definitions)) }),
    read: (node, report) => pick(node).read(node, report),
  };
}

/** Mappings told apart by the word that stands at `key`. */
export function taggedBy<T>(key: string, shapes: { readonly [word: string]: Shape<T> }): Shape<T> {
  const words = Object.keys(shapes);
  return {
    schema: (definitions) => ({ oneOf: words.map((word) => shapes[word]?.schema(definitions) ?? {}) }),
    read(node, report) {
      if (node.type !== 'map')
        return report.error(node.position, 'wrong-type', `mapping expected, not ${show(node)}`);
      const tag = entryOf(node, key);
      if (tag === undefined) {
        return report.error(
          node.position,
          'missing-key',
          `without "${key}"`,
          `Add \`${key}\`: ${listed(words, 'or')}.`,
        );
      }
      const word = oneOf(...words).read(tag.value, report);
      return word === invalid ? invalid : (shapes[word]?.read(node, report) ?? invalid);
    },
  };
}

/** A tag's own field: exactly this word. */
export function exactly<const T extends string>(word: T): Shape<T> {
  return { schema: () => ({ const: word }), read: (node, report) => oneOf(word).read(node, report) };
}
