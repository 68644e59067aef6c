import { readLedger, readLedgerText } from './read-ledger.js';

/** Commits that clients saw acknowledged after a moment. */
export interface LossAfter {
  readonly commits: number;
  /** When the last of them was acknowledged; null when there is none. */
  readonly lastAt: string | null;
  /** From the moment to that one; 0 when there is none. */
  readonly windowMs: number;
}

/** What the observer's ledger says would be lost if everything were brought back to this moment (ISO 8601). Counted, not estimated. */
export async function lossAfter(ledger: string, moment: string): Promise<LossAfter> {
  const { lines } = readLedger(await readLedgerText(ledger));
  const at = Date.parse(moment);
  const later = lines.filter((line) => line.kind === 'commit' && Date.parse(line.at) > at);
  const lastAt = later.at(-1)?.at ?? null;
  const windowMs = lastAt === null ? 0 : Math.max(0, Date.parse(lastAt) - at);
  return { commits: later.length, lastAt, windowMs: Math.round(windowMs) };
}
