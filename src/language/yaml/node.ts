import type { Json, Position } from '../../base/index.js';

/** One value of a YAML file, where it stands, and nothing resolved that the file does not say. */
export type DocumentNode = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written, for messages: `1.0` where the value is the number 1. */
  readonly source: string;
  readonly position: Position;
}

export interface ListNode {
  readonly type: 'list';
  readonly items: readonly DocumentNode[];
  readonly position: Position;
}

export interface MapEntry {
  readonly key: string;
  readonly keyPosition: Position;
  readonly value: DocumentNode;
}

/** Entries, not an object: a key such as `__proto__` or `constructor` is then a key like any other. */
export interface MapNode {
  readonly type: 'map';
  readonly entries: readonly MapEntry[];
  readonly position: Position;
}

export function entryOf(map: MapNode, key: string): MapEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** The plain value. */
export function jsonOf(node: DocumentNode): Json {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'list') return node.items.map(jsonOf);
  return Object.fromEntries(node.entries.map((entry) => [entry.key, jsonOf(entry.value)]));
}

/** The node a path of keys and indexes leads to, or the last one on the way that exists. */
export function nodeAt(node: DocumentNode, path: readonly (string | number)[]): DocumentNode {
  let here = node;
  for (const part of path) {
    let next: DocumentNode | undefined;
    if (here.type === 'list') next = here.items[Number(part)];
    else if (here.type === 'map') next = entryOf(here, String(part))?.value;
    if (next === undefined) return here;
    here = next;
  }
  return here;
}
