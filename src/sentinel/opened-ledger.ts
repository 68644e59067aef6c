import type { Session } from '../postgres/index.js';
import { compareLedger } from './compare-ledger.js';
import type { LedgerLine } from './ledger-line.js';
import { readLedger, readLedgerText } from './read-ledger.js';
import { listSurvivors } from './survivors.js';

/** What a ledger says of the commits up to a moment (UTC, ISO 8601), read anew each time. */
export function openedLedger(file: string) {
  const linesUpTo = async (moment: string): Promise<readonly LedgerLine[]> => {
    const { lines } = readLedger(await readLedgerText(file));
    return lines.filter((line) => Date.parse(line.at) <= Date.parse(moment));
  };
  return {
    /** Held against the canary rows of any copy of the database. */
    compare: async (session: Session, upTo: string) => {
      const lines = await linesUpTo(upTo);
      const last = lines.at(-1)?.seq ?? 0;
      const { acknowledged, missing, windowMs } = compareLedger(lines, last, await listSurvivors(session));
      const lastAt = lines.findLast((line) => line.kind === 'commit')?.at ?? null;
      return { acknowledged, missing, windowMs, lastAt };
    },
    acknowledgedBetween: async (after: string, upTo: string) => {
      const lines = await linesUpTo(upTo);
      return lines.filter((line) => line.kind === 'commit' && Date.parse(line.at) > Date.parse(after)).length;
    },
  };
}
