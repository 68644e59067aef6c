import { Failure } from '../../base/index.js';
import type { Environment, NamedStore } from '../environment.js';
import { text } from '../define.js';

/** Rejects with `invalid`, naming those there are, when the environment knows no such store. */
export function namedStore({ stores, name }: Environment, given: unknown): NamedStore {
  const open = stores.get(text(given));
  if (open !== undefined) return open();
  throw new Failure('invalid', `environment ${name} knows no store ${text(given)}`, {
    hint: `Stores: ${[...stores.keys()].join(', ') || 'none'}.`,
  });
}
