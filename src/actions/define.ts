import type { JsonObject } from '../base/index.js';
import type { Action } from './action.js';

/** JSON Schema of `with`: the named properties, nothing else. */
export function args(properties: JsonObject = {}, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

/**
 * An argument as text for a sentence or a preview, a list as `a, b`; `${…}` that is not filled in yet stays readable as
 * `<…>`.
 */
export function shown(value: unknown, otherwise = ''): string {
  if (value === undefined || value === null) return otherwise;
  if (Array.isArray(value)) return value.map((one) => shown(one)).join(', ');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\$\{([^}]*)\}/g, '<$1>');
}

/** `backup 2027-…`, or the newest one where none is named. */
export function backupNamed(value: unknown): string {
  return value === undefined ? 'the newest backup' : `backup ${shown(value)}`;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected text, got ${typeof value}`);
  return value;
}

/** Names the type once, so that each action's file reads as a plain object. */
export function defineAction(action: Action): Action {
  return action;
}
