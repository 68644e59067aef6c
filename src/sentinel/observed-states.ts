import type { LedgerFact, Watched, WatchedState } from './ledger-line.js';

/** Remembers what was last seen of each watched thing and reports changes alone, the first sight included. */
export interface ObservedStates {
  see(what: Watched, state: WatchedState, detail: string): void;
}

export function observedStates(report: (fact: LedgerFact) => void): ObservedStates {
  const last = new Map<Watched, WatchedState>();
  return {
    see(what, state, detail) {
      if (last.get(what) === state) return;
      report({ kind: 'state', what, state, detail: oneLine(detail) });
      last.set(what, state);
    },
  };
}

/** What a server says ends up on screens and in reports: one line of bounded length, no control characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}

export function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
