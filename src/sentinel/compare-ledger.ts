import type { LedgerLine } from './ledger-line.js';

export interface LedgerComparison {
  /** Commits acknowledged up to the given line. */
  readonly acknowledged: number;
  /** How many of them are in the database. */
  readonly present: number;
  /** How many of them are not: the measured loss. */
  readonly missing: number;
  /** Rows that are there although their commit was never acknowledged: its outcome was unknown, no loss. */
  readonly unacknowledged: number;
  /** From the last recovered commit before the first missing one to the last missing one; 0 when none is missing. */
  readonly windowMs: number;
  readonly missingIds: readonly number[];
}

/**
 * Holds the ledger, up to and including line `upToSeq`, against the canary ids found in the database afterwards. Ids above
 * the last one acknowledged by then were written after that line: they say nothing and are left out.
 */
export function compareLedger(
  ledger: readonly LedgerLine[],
  upToSeq: number,
  ids: readonly number[],
): LedgerComparison {
  const lines = ledger.filter((line) => line.seq <= upToSeq);
  const commits = lines.flatMap((line) => (line.kind === 'commit' ? [line] : []));
  const found = new Set(ids);
  const acknowledged = new Set(commits.map((commit) => commit.id));
  const greatest = commits.reduce((most, commit) => Math.max(most, commit.id), -1);
  const missing = commits.filter((commit) => !found.has(commit.id));
  const [first, last] = [missing[0], missing.at(-1)];
  let windowMs = 0;
  if (first !== undefined && last !== undefined) {
    const before = commits.findLast((commit) => commit.seq < first.seq && found.has(commit.id)) ?? lines[0];
    windowMs = Math.max(0, Date.parse(last.at) - Date.parse((before ?? first).at));
  }
  return {
    acknowledged: commits.length,
    present: commits.length - missing.length,
    missing: missing.length,
    unacknowledged: [...found].filter((id) => id <= greatest && !acknowledged.has(id)).length,
    windowMs,
    missingIds: missing.map((commit) => commit.id),
  };
}
