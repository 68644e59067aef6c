import { compareLsn, type Lsn } from './lsn.js';
import { rowChangeOf } from './row-changes.js';
import type { WalRecord } from './wal-records.js';

/** How many rows of one file (`tablespace/database/file`) a transaction changed. */
export interface FileChanges {
  readonly deleted: number;
  readonly updated: number;
}

/** One committed transaction as the log has it, with its subtransactions. */
export interface WalTransaction {
  /** Of the transaction that committed: the one that a recovery can stop before. */
  readonly xid: number;
  /** With those of its subtransactions that were not rolled back. */
  readonly xids: readonly number[];
  readonly firstLsn: Lsn;
  readonly commitLsn: Lsn;
  /** UTC, ISO 8601, as the server's clock had it. */
  readonly committedAt: string;
  readonly files: ReadonlyMap<string, FileChanges>;
  /** Files (`tablespace/database/file`, tablespace 0 is the database's own) that its commit removed, and that it made. */
  readonly removed: readonly string[];
  readonly made: readonly string[];
  /** Objects that are gone with it, by number: tables, their indexes, their TOAST tables. */
  readonly dropped: readonly number[];
  /** Relations that it locked against everybody, by number. */
  readonly locked: readonly number[];
  /** Whether it changed rows of tables that are not the server's own. */
  readonly wrote: boolean;
}

/** Numbers below are the server's own (transam.h, FirstNormalObjectId). */
const firstOfPeople = 16_384;

interface Open {
  readonly firstLsn: Lsn;
  readonly files: Map<string, { deleted: number; updated: number }>;
  readonly made: string[];
  readonly locked: number[];
  wrote: boolean;
}

export const kindsOfTransactions = ['Transaction', 'Heap', 'Heap2', 'Storage', 'Standby'] as const;
export const partsOfTransactions = /^(COMMIT|ABORT|DELETE|UPDATE|HOT_UPDATE|INSERT|MULTI_INSERT|CREATE|LOCK)/;

/**
 * Puts the records of a log together, one after the other; `commit` gets every transaction that came to its commit. What belongs to
 * a subtransaction counts for the transaction whose commit names it, and not at all when it was rolled back.
 */
export function groupTransactions(
  commit: (transaction: WalTransaction) => void,
): (record: WalRecord) => void {
  const open = new Map<number, Open>();
  const opened = (xid: number, lsn: Lsn): Open => {
    const known = open.get(xid) ?? { firstLsn: lsn, files: new Map(), made: [], locked: [], wrote: false };
    open.set(xid, known);
    return known;
  };
  return (record) => {
    const { kind, xid, lsn, what } = record;
    if (kind === 'Transaction') {
      const [top, ...below] = idsOf(record);
      if (top === undefined) return;
      if (what.startsWith('COMMIT')) {
        const parts = [top, ...below].flatMap((id) => open.get(id) ?? []);
        commit(committed(record, [top, ...below], parts));
      }
      for (const id of [top, ...below]) open.delete(id);
    } else if (kind === 'Storage') {
      if (xid !== 0 && what.startsWith('CREATE')) opened(xid, lsn).made.push(...filesIn(what));
    } else if (kind === 'Standby') {
      for (const [, id, relation] of what.matchAll(/\bxid (\d+) db \d+ rel (\d+)/g))
        opened(Number(id), lsn).locked.push(Number(relation));
    } else if (xid !== 0) {
      const one = opened(xid, lsn);
      one.wrote ||= Number(/blkref #0: rel \d+\/\d+\/(\d+) /.exec(what)?.[1]) >= firstOfPeople;
      const { files } = one;
      const change = rowChangeOf(record);
      if (change === null || (change.did === 'deleted' && change.moved)) return;
      const counts = files.get(change.file) ?? { deleted: 0, updated: 0 };
      counts[change.did] += 1;
      files.set(change.file, counts);
    }
  };
}

/** The transaction's own number and those of the subtransactions that the record names. */
export function idsOf({ xid, what }: WalRecord): number[] {
  const prepared = /^(?:COMMIT|ABORT)_PREPARED (\d+)/.exec(what)?.[1];
  const below = /subxacts: ([\d ]+)/.exec(what)?.[1]?.trim().split(' ').map(Number) ?? [];
  if (!/^(COMMIT|ABORT)(_PREPARED)?\b/.test(what)) return [];
  return [prepared === undefined ? xid : Number(prepared), ...below].filter((id) => id !== 0);
}

function committed(record: WalRecord, xids: readonly number[], parts: readonly Open[]): WalTransaction {
  const { lsn, what } = record;
  const files = new Map<string, { deleted: number; updated: number }>();
  for (const part of parts)
    for (const [file, counts] of part.files) {
      const sum = files.get(file) ?? { deleted: 0, updated: 0 };
      files.set(file, { deleted: sum.deleted + counts.deleted, updated: sum.updated + counts.updated });
    }
  const [, day = '', clock = ''] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC/.exec(what) ?? [];
  const removed = /\brels: ([^;]*)/.exec(what)?.[1] ?? '';
  const dropped = /\bdropped stats: ([^;]*)/.exec(what)?.[1] ?? '';
  return {
    xid: xids[0] ?? record.xid,
    xids,
    firstLsn: parts.map((part) => part.firstLsn).toSorted(compareLsn)[0] ?? lsn,
    commitLsn: lsn,
    committedAt: `${day}T${clock}Z`,
    files,
    removed: filesIn(removed),
    made: parts.flatMap((part) => part.made),
    // The first number says what kind of thing it is: 2 is a relation (pgstat.h).
    dropped: [...dropped.matchAll(/\b2\/\d+\/(\d+)/g)].map((one) => Number(one[1])),
    locked: [...new Set(parts.flatMap((part) => part.locked))],
    wrote: parts.some((part) => part.wrote),
  };
}

/** `base/5/16384`, or below a tablespace `pg_tblspc/16400/PG_15_202209061/5/16384`; temporary tables have other names. */
function filesIn(text: string): string[] {
  return [...text.matchAll(/(?:\bbase|\bpg_tblspc\/(\d+)\/[^/\s]+)\/(\d+)\/(\d+)(?=\s|;|$)/g)].map(
    ([, tablespace = '0', database, file]) => `${tablespace}/${database}/${file}`,
  );
}
