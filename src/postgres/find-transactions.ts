import { nameSuspects, type Suspect } from './name-suspects.js';
import { compareLsn, type Lsn } from './lsn.js';
import type { LogPlace } from './received-wal.js';
import type { Session } from './session.js';
import type { PostgresTools } from './tools.js';
import { eachWalRecord, walStretch } from './wal-records.js';
import {
  groupTransactions,
  kindsOfTransactions,
  partsOfTransactions,
  type WalTransaction,
} from './wal-transaction.js';

export interface FindTransactionsRequest {
  readonly tools: PostgresTools;
  /** On the live database. */
  readonly session: Session;
  /** Folders with the log's segments; the first that has one counts. */
  readonly places: readonly string[];
  /** Where to begin reading; the end is that of `log`. */
  readonly from: Lsn;
  readonly log: LogPlace;
  /** Tables that are known to have lost something; those that touched them come first. */
  readonly tables: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface FoundTransactions {
  /** The most suspicious one first. */
  readonly suspects: readonly Suspect[];
  readonly from: Lsn;
  readonly to: Lsn;
  /** How many transactions of that stretch changed rows. */
  readonly commits: number;
}

/** So many are looked up by name; a log may hold millions. */
const mostNamed = 200;

/**
 * Reads the log and ranks the committed transactions that took something away: tables dropped or emptied, rows deleted, rows
 * overwritten. Rejects with `unavailable` when a part of the log is not at hand.
 */
export async function findTransactions(request: FindTransactionsRequest): Promise<FoundTransactions> {
  const { tools, session, log, tables, signal } = request;
  const [database] = await session.query(
    'select oid::int8::int as oid from pg_database where datname = current_database()',
  );
  const ours = Number(database?.['oid']);
  const { places, from } = request;
  const { timeline, segmentBytes, to } = log;
  const wal = await walStretch({ places, timeline, segmentBytes, from, to, segmentsBefore: 0 });
  let commits = 0;
  let kept: Numbered[] = [];
  const group = groupTransactions((transaction) => {
    // Whole segments are read.
    if (compareLsn(transaction.commitLsn, from) < 0) return;
    if (transaction.wrote) commits += 1;
    const weight = weightOf(transaction, ours);
    if (weight === 0) return;
    kept.push({ transaction, weight, after: commits });
    if (kept.length > 10 * mostNamed) kept = heaviest(kept);
  });
  try {
    await eachWalRecord(wal, { tools, kinds: kindsOfTransactions, what: partsOfTransactions, signal }, group);
  } finally {
    await wal.remove();
  }
  const suspects = await nameSuspects({
    session,
    database: ours,
    tables,
    found: heaviest(kept).map(({ transaction, after }) => ({ transaction, laterCommits: commits - after })),
  });
  return { suspects, from, to, commits };
}

interface Numbered {
  readonly transaction: WalTransaction;
  readonly weight: number;
  /** Its place among all the transactions that changed rows. */
  readonly after: number;
}

function heaviest(kept: readonly Numbered[]): Numbered[] {
  return kept.toSorted((a, b) => b.weight - a.weight).slice(0, mostNamed);
}

/** A file that is gone weighs more than any number of rows: how many were in it the log does not say. */
function weightOf({ removed, files }: WalTransaction, database: number): number {
  if (removed.some((file) => Number(file.split('/')[1]) === database)) return Infinity;
  let rows = 0;
  for (const [file, { deleted, updated }] of files)
    if (Number(file.split('/')[1]) === database) rows += deleted + updated;
  return rows;
}
