import type { Json, JsonObject } from './json.js';

const insertion = /\$\{([^${}]*)\}/g;

/** The names a text inserts, in order: `Damaged: ${steps.extent.damaged}` gives `['steps.extent.damaged']`. */
export function insertedNames(text: string): string[] {
  return [...text.matchAll(insertion)].map((match) => (match[1] ?? '').trim());
}

export interface Inserted {
  readonly value: Json;
  /** Names that stood in the value and are not known (yet); each is left standing as `${name}`. */
  readonly missing: readonly string[];
}

/**
 * Puts declared values in the place of `${name}`, everywhere in a value. A string that is one insertion and nothing else
 * keeps the value's type. What was inserted is data: it is never looked at again, so a command's output cannot insert.
 */
export function insert(value: Json, scope: JsonObject): Inserted {
  const missing: string[] = [];
  const walk = (node: Json): Json => {
    if (typeof node === 'string') return insertText(node, scope, missing);
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, walk(member)]));
  };
  return { value: walk(value), missing };
}

function insertText(text: string, scope: JsonObject, missing: string[]): Json {
  const whole = /^\$\{([^${}]*)\}$/.exec(text);
  if (whole) {
    const found = lookUp(scope, (whole[1] ?? '').trim());
    if (found !== undefined) return found;
    missing.push((whole[1] ?? '').trim());
    return text;
  }
  return text.replace(insertion, (standing, name: string) => {
    const found = lookUp(scope, name.trim());
    if (found === undefined) {
      missing.push(name.trim());
      return standing;
    }
    return spoken(found);
  });
}

/** How a value reads inside a sentence: lists as `a, b`, objects as JSON. */
function spoken(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item: Json) => spoken(item)).join(', ');
  return JSON.stringify(value);
}

/** `steps.extent.damaged` in `{steps: {extent: {damaged: …}}}`; own members only. */
export function lookUp(scope: JsonObject, name: string): Json | undefined {
  let node: Json | undefined = scope;
  for (const part of name.split('.')) {
    if (typeof node !== 'object' || node === null || Array.isArray(node) || !Object.hasOwn(node, part))
      return undefined;
    node = (node as JsonObject)[part];
  }
  return node;
}
