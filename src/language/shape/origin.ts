import type { Position } from '../../base/index.js';
import { entryOf, type DocumentNode, type MapNode } from '../yaml/node.js';

const origin: unique symbol = Symbol('origin');

/** A value read from a mapping, which remembers the mapping. The memory is not enumerable: it is never part of a plan. */
export type Placed<T> = T & { readonly [origin]: MapNode };

export function withOrigin<T extends object>(value: T, node: MapNode): Placed<T> {
  return Object.defineProperty(value, origin, { value: node }) as Placed<T>;
}

export function originOf(value: Placed<object>): MapNode {
  return value[origin];
}

/** Where a member's value stands; without a name, or without the member, where the mapping itself stands. */
export function placeOf(value: Placed<object>, key?: string): Position {
  return (key === undefined ? undefined : nodeOf(value, key)?.position) ?? value[origin].position;
}

/** Where a member's key stands. */
export function keyPlaceOf(value: Placed<object>, key: string): Position {
  return entryOf(value[origin], key)?.keyPosition ?? value[origin].position;
}

/** Where item `index` of a member that is a list stands. */
export function itemPlaceOf(value: Placed<object>, key: string, index: number): Position {
  const node = nodeOf(value, key);
  return (node?.type === 'list' ? node.items[index]?.position : undefined) ?? placeOf(value, key);
}

export function nodeOf(value: Placed<object>, key: string): DocumentNode | undefined {
  return entryOf(value[origin], key)?.value;
}
