import { followLedger } from './follow-ledger.js';
import type { LedgerLine, Watched } from './ledger-line.js';

/** What a screen shows of the ledger at this moment. */
export interface LedgerFigures {
  readonly acknowledged: number;
  /** Since when the longest failing of write, read and application has been failing; null while none is. */
  readonly failingForMs: number | null;
  /** Since the last acknowledged write; null before the first. */
  readonly lastWriteAgoMs: number | null;
}

/** Keeps count of a growing ledger; both clocks are this machine's. */
export function trackFigures(file: string): {
  readonly figures: () => LedgerFigures;
  readonly stop: () => void;
} {
  let acknowledged = 0;
  let lastWrite: string | undefined;
  const failing = new Map<Watched, string>();
  const take = (line: LedgerLine) => {
    if (line.kind === 'commit') {
      acknowledged += 1;
      lastWrite = line.at;
    } else if (line.kind === 'state' && line.state === 'ok') failing.delete(line.what);
    else if (line.kind === 'state') failing.set(line.what, line.at);
  };
  const stop = followLedger(file, 0, take);
  const since = (at: string | undefined) =>
    at === undefined ? null : Math.max(0, Date.now() - Date.parse(at));
  return {
    figures: () => ({
      acknowledged,
      failingForMs: since([...failing.values()].toSorted()[0]),
      lastWriteAgoMs: since(lastWrite),
    }),
    stop,
  };
}
