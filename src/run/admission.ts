import type { RunEvent } from './entry.js';
import type { Actor } from './facts.js';
import type { Refusal } from './refusal.js';

/** What a person's input becomes: entries to append in this order, or a refusal that lost nothing. */
export type Admission =
  | { readonly events: readonly { readonly event: RunEvent; readonly actor: Actor }[] }
  | { readonly refused: Refusal };

export function refuse(why: string, hint?: string): Admission {
  return { refused: { why, ...(hint === undefined ? {} : { hint }) } };
}
