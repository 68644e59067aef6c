import { Failure } from '../base/index.js';
import { textColumn, textOrNull } from './column.js';
import { compareLsn, formatLsn, parseLsn, type Lsn } from './lsn.js';
import { logPlace } from './received-wal.js';
import { PlaceSet } from './place-set.js';
import { readFates, rowChangeOf, type RowFates } from './row-changes.js';
import type { Session } from './session.js';
import { recoveryEnd } from './table-changes.js';
import type { PostgresTools } from './tools.js';
import { eachWalRecord, walStretch } from './wal-records.js';
import {
  groupTransactions,
  kindsOfTransactions,
  partsOfTransactions,
  type WalTransaction,
} from './wal-transaction.js';

/** Which transaction is meant, and between which places of the log it lies: its first record and its commit record. */
export interface TransactionPlace {
  readonly xid: number;
  readonly firstLsn: Lsn;
  readonly commitLsn: Lsn;
}

export interface LossRequest {
  readonly tools: PostgresTools;
  /** On a side instance that was recovered to just before the transaction. */
  readonly source: Session;
  readonly target: Session;
  /** Folders with the log's segments. */
  readonly places: readonly string[];
  readonly slot: string;
  readonly transaction: TransactionPlace;
  readonly signal?: AbortSignal | undefined;
}

/** What one transaction took from one table, by the places of the rows on the side instance. */
export interface TableLoss {
  /** Quoted and qualified. */
  readonly table: string;
  /** `dropped` and `emptied`: every row; `changed`: the rows named below. */
  readonly did: 'dropped' | 'emptied' | 'changed';
  readonly deleted: PlaceSet;
  readonly updated: PlaceSet;
}

export interface Loss {
  /** The transaction's own number and those of its subtransactions. */
  readonly xids: readonly number[];
  readonly tables: readonly TableLoss[];
}

/** A commit record is small; this far behind its beginning it has ended. */
const commitRoom = 4n * 1024n * 1024n;

/**
 * Reads from the log which rows a transaction deleted or overwrote and which tables it dropped or emptied, with the names that the
 * side instance has for them. Rejects with `refused` when the side instance is not one of just before it.
 */
export async function readLoss(request: LossRequest): Promise<Loss> {
  const { source, target, transaction } = request;
  const { committed, changes } = await readLog(request);
  await requireJustBefore(source, transaction);
  const wasNamed = await namesOnSide(source, [...committed.removed, ...changes.keys()]);
  const tables: TableLoss[] = [];
  for (const file of committed.removed) {
    const table = wasNamed.get(file);
    if (table === undefined) continue;
    const [now] = await target.query('select to_regclass($1)::text as name', [table]);
    const did = textOrNull(now, 'name') === null ? 'dropped' : 'emptied';
    tables.push({ table, did, deleted: new PlaceSet(), updated: new PlaceSet() });
  }
  for (const [file, of] of changes) {
    const table = wasNamed.get(file);
    if (table === undefined || tables.some((one) => one.table === table)) continue;
    const { deleted, updated, moved } = of;
    if (moved > 0)
      throw new Failure(
        'refused',
        `the transaction moved ${moved} rows of ${table} to other partitions, which cannot be taken back row by row`,
        { hint: 'Bring the partitions back as whole tables, or choose the way back for the whole cluster.' },
      );
    tables.push({ table, did: 'changed', deleted, updated });
  }
  return { xids: committed.xids, tables };
}

interface LogOfTransaction {
  readonly committed: WalTransaction;
  readonly changes: ReadonlyMap<string, RowFates>;
}

/** What was read last: a recovery asks for the same transaction before, while and after it brings the rows back, and a log is long. */
let lastRead: { readonly key: string; readonly log: LogOfTransaction } | null = null;

async function readLog(request: LossRequest): Promise<LogOfTransaction> {
  const { target, places, transaction } = request;
  // On another timeline another transaction may have the same number at the same place.
  const [whose] = await target.query(
    `select format('%s/%s', system_identifier, timeline_id) as log from pg_control_system(), pg_control_checkpoint()`,
  );
  const key = JSON.stringify([textColumn(whose, 'log'), transaction, places]);
  if (lastRead?.key === key) return lastRead.log;
  const committed = await readTransaction(request);
  const log = { committed, changes: await readChanges(request, new Set(committed.xids)) };
  lastRead = { key, log };
  return log;
}

/** The transaction as its commit record has it; rejects with `refused` when there is no such commit at that place. */
async function readTransaction(request: LossRequest): Promise<WalTransaction> {
  const { tools, transaction, signal } = request;
  const wal = await stretchOf(request);
  const found: WalTransaction[] = [];
  const group = groupTransactions((one) => {
    if (one.xid === transaction.xid && compareLsn(one.commitLsn, transaction.commitLsn) === 0)
      found.push(one);
  });
  const reading = { tools, kinds: kindsOfTransactions, what: partsOfTransactions, signal };
  await eachWalRecord(wal, reading, group).finally(async () => wal.remove());
  const [committed] = found;
  if (committed !== undefined) return committed;
  const { xid, commitLsn } = transaction;
  throw new Failure('refused', `the log has no commit of transaction ${xid} at ${commitLsn}`, {
    hint: 'Take the number and both places from `postgres.find-transaction`.',
  });
}

async function readChanges(
  request: LossRequest,
  xids: ReadonlySet<number>,
): Promise<ReadonlyMap<string, RowFates>> {
  const { tools, signal } = request;
  const wal = await stretchOf(request);
  const reading = { tools, kinds: ['Heap'], what: /^(DELETE|UPDATE|HOT_UPDATE)/, signal };
  return readFates(async (take) =>
    eachWalRecord(wal, reading, (record) => {
      const change = xids.has(record.xid) ? rowChangeOf(record) : null;
      if (change !== null) take(change);
    }),
  ).finally(async () => wal.remove());
}

async function stretchOf({ target, places, slot, transaction }: LossRequest) {
  const { timeline, segmentBytes, to: end } = await logPlace(target, slot);
  const after = formatLsn(parseLsn(transaction.commitLsn) + commitRoom);
  const to = compareLsn(after, end) < 0 ? after : end;
  return walStretch({ places, timeline, segmentBytes, from: transaction.firstLsn, to, segmentsBefore: 0 });
}

/** A page of the log begins with a header: where a record would begin there, it begins behind it (xlog_internal.h). */
const longestHeader = 40n;

/** What was committed between the side's end and the harm would be missing in what is copied back, and nobody would notice. */
async function requireJustBefore(source: Session, { xid, commitLsn }: TransactionPlace): Promise<void> {
  const wrong = (why: string) =>
    new Failure('refused', `the side instance is not one of just before transaction ${xid}: ${why}`, {
      hint: `Restore it again with \`until: {xid: "${xid}"}\`.`,
    });
  const { from } = await recoveryEnd(source, wrong);
  const between = parseLsn(commitLsn) - parseLsn(from);
  if (between < 0n || between > longestHeader)
    throw wrong(`its recovery ended at ${from}, the transaction was committed at ${commitLsn}`);
}

/** Ordinary tables of people by their file (`tablespace/database/file`), quoted and qualified. */
async function namesOnSide(source: Session, files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await source.query(
    `select f.file, format('%I.%I', n.nspname, c.relname) as name
       from unnest($1::text[]) f(file), pg_database d,
            pg_filenode_relation(case when split_part(f.file, '/', 1)::oid in (0, d.dattablespace) then 0 else split_part(f.file, '/', 1)::oid end,
                                 split_part(f.file, '/', 3)::oid) r(oid)
       join pg_class c on c.oid = r.oid join pg_namespace n on n.oid = c.relnamespace
      where d.datname = current_database() and split_part(f.file, '/', 2)::oid = d.oid
        and c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
    [[...new Set(files)]],
  );
  return new Map(rows.map((row) => [textColumn(row, 'file'), textColumn(row, 'name')]));
}
