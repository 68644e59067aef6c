import { isJsonObject } from '../base/index.js';

/** A line of the ledger. `prev` is the SHA-256 of the previous line's bytes without its newline, 64 zeros for the first. */
export type LedgerLine = {
  readonly v: 1;
  readonly seq: number;
  readonly prev: string;
  /** UTC, milliseconds; for a commit the moment its acknowledgement arrived. */
  readonly at: string;
} & LedgerFact;

export type LedgerFact =
  | { readonly kind: 'opened'; readonly resolutionMs: number; readonly pid: number }
  /** A canary row whose commit the client saw acknowledged. */
  | { readonly kind: 'commit'; readonly id: number; readonly latencyMs: number }
  | { readonly kind: 'state'; readonly what: Watched; readonly state: WatchedState; readonly detail: string }
  | { readonly kind: 'closed'; readonly reason: string };

export type Watched = 'write' | 'read' | 'application';
export type WatchedState = 'ok' | 'failing';

export const firstPrev = '0'.repeat(64);

/** Reads one line that anybody may have written: a line, or what is wrong with it. Unknown keys are a problem too. */
export function parseLedgerLine(text: string): LedgerLine | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'not JSON' };
  }
  if (!isJsonObject(value)) return { problem: 'not an object' };
  const kind = typeof value['kind'] === 'string' ? value['kind'] : '';
  const shape = shapes[kind];
  if (shape === undefined) return { problem: `unknown kind '${kind.slice(0, 40)}'` };
  const tests = { ...common, ...shape };
  for (const [key, test] of Object.entries(tests)) {
    if (!Object.hasOwn(value, key) || !test(value[key]))
      return { problem: `key '${key}' is missing or wrong` };
  }
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(tests, key));
  if (unknown !== undefined) return { problem: `unknown key '${unknown.slice(0, 40)}'` };
  return value as unknown as LedgerLine;
}

type Test = (value: unknown) => boolean;

const text: Test = (value) => typeof value === 'string' && value.length <= 2000;
const count: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const amount: Test = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const oneOf =
  (...words: readonly unknown[]): Test =>
  (value) =>
    words.includes(value);

const common: { readonly [key: string]: Test } = {
  v: oneOf(1),
  seq: count,
  prev: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  at: (value) =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  kind: () => true,
};

const shapes: { readonly [kind: string]: { readonly [key: string]: Test } | undefined } = {
  __proto__: null as never,
  opened: { resolutionMs: count, pid: count },
  commit: { id: count, latencyMs: amount },
  state: { what: oneOf('write', 'read', 'application'), state: oneOf('ok', 'failing'), detail: text },
  closed: { reason: text },
};
