import type { Session } from '../postgres/index.js';
import { compareLedger } from './compare-ledger.js';
import type { LedgerLine } from './ledger-line.js';
import { readLedger, readLedgerText } from './read-ledger.js';
import { listSurvivors } from './survivors.js';

/** What a ledger says of the commits up to a moment (UTC, ISO 8601), read anew each time. */
export function openedLedger(file: string) {
  const allLines = async (): Promise<readonly LedgerLine[]> => readLedger(await readLedgerText(file)).lines;
  const linesUpTo = async (moment: string) =>
    (await allLines()).filter((line) => Date.parse(line.at) <= Date.parse(moment));
  return {
    /** Held against the canary rows of any copy of the database. */
    compare: async (session: Session, upTo: string) => {
      const lines = await linesUpTo(upTo);
      const last = lines.at(-1)?.seq ?? 0;
      const { acknowledged, missing, windowMs } = compareLedger(lines, last, await listSurvivors(session));
      const lastAt = lines.findLast((line) => line.kind === 'commit')?.at ?? null;
      return { acknowledged, missing, windowMs, lastAt };
    },
    /** Counted, not estimated; up to now when no end is given. */
    acknowledgedBetween: async (after: string, upTo?: string) => {
      const from = Date.parse(after);
      const lines = upTo === undefined ? await allLines() : await linesUpTo(upTo);
      const later = lines.filter((line) => line.kind === 'commit' && Date.parse(line.at) > from);
      const last = later.at(-1);
      return {
        commits: later.length,
        windowMs: last === undefined ? 0 : Math.round(Date.parse(last.at) - from),
      };
    },
  };
}
