import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import {
  connectTo,
  quoteName,
  textColumn,
  textOrNull,
  type ClusterLocation,
  type ConnectOptions,
  type Session,
  type TableHash,
  type UpTo,
} from '../../postgres/index.js';
import type { ContentExpectation, TableExpectation } from './expectation.js';
import { hashBeside, type TableToHash } from './hash-beside.js';
import { namingHolders, usualLockWaitMs } from './stayed-locked.js';

/** Which tables never change, and which only ever grow (table → key column). */
export interface BackupPolicy {
  readonly staticTables: readonly string[];
  readonly appendOnly: { readonly [table: string]: string };
}

/** How long transactions that were open when the keys were read may take to end. */
const waitForOpenMs = 5000;

/**
 * Counts and hashes of the named tables in one repeatable-read snapshot. For append-only tables the key is read first; the
 * snapshot is taken once every transaction that was open then has ended, so that no row can appear below the key later. Rejects with
 * `unavailable`, naming who has it, when a table stays locked.
 */
export async function takeContentExpectation(
  location: ClusterLocation,
  policy: BackupPolicy,
  options: { readonly signal?: AbortSignal; readonly lockWaitMs?: number | undefined } = {},
): Promise<ContentExpectation> {
  const { signal, lockWaitMs = usualLockWaitMs } = options;
  const wait = { location, database: location.database, lockWaitMs };
  return namingHolders(wait, async () => contentWithin(location, policy, lockWaitMs, signal));
}

const reading = (lockTimeoutMs: number): ConnectOptions => ({
  ...{ applicationName: 'firedrill expectation', readOnly: true, mayIdle: true, lockTimeoutMs },
});

async function contentWithin(
  location: ClusterLocation,
  policy: BackupPolicy,
  lockWaitMs: number,
  signal: AbortSignal | undefined,
): Promise<ContentExpectation> {
  const startedAt = performance.now();
  const session = await connectTo(location, reading(lockWaitMs));
  const cut = () => void session.end();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    const keys = await readKeys(session, policy.appendOnly);
    const settled = keys.length === 0 || (await openTransactionsEnded(session, signal));
    const uncovered = settled
      ? []
      : keys.map(({ table }) => ({
          table,
          why: `a transaction open before the snapshot had not ended after ${waitForOpenMs / 1000} s`,
        }));
    const covered = settled ? keys : [];
    const tables = [...new Set([...policy.staticTables, ...covered.map((key) => key.table)])];
    const keyed = covered.flatMap(({ table, column, upTo }) =>
      upTo === null ? [] : [{ table, upTo: { column, value: upTo } }],
    );
    const empty = covered
      .filter((key) => key.upTo === null)
      .map(({ table }) => ({ table, why: 'it was empty, so there is no key to compare up to' }));
    const upTo = Object.fromEntries(keyed.map((key) => [key.table, key.upTo]));
    const hashes = await hashSnapshot(location, session, tables, { upTo, signal, lockWaitMs });
    const of = (table: string): TableExpectation => hashes.get(table) ?? { table, rows: 0, hash: '0' };
    return {
      kind: 'partial',
      source:
        'row counts and content hashes of the tables that the policy names as static, and of the rows up to a recorded key of ' +
        'those it names as append-only, read from the primary in one snapshot; structure of every database; not every row',
      hashMethod: 'record',
      databases: {
        [location.database]: {
          tables: [
            ...policy.staticTables.map(of),
            ...keyed.map((key) => ({ ...of(key.table), upTo: key.upTo })),
          ],
          // An empty table has no key to compare up to: nothing is expected of its content, only that it is there.
          uncovered: [...uncovered, ...empty],
        },
      },
      durationMs: Math.round(performance.now() - startedAt),
    };
  } catch (failure) {
    if (signal?.aborted === true) throw new Failure('cancelled', 'taking the expectation was cancelled');
    throw failure;
  } finally {
    signal?.removeEventListener('abort', cut);
    await session.end();
  }
}

/** One snapshot, two sessions: what the one has begun the other need not wait for. */
async function hashSnapshot(
  location: ClusterLocation,
  session: Session,
  tables: readonly string[],
  options: {
    readonly upTo: { readonly [table: string]: UpTo };
    readonly signal: AbortSignal | undefined;
    readonly lockWaitMs: number;
  },
): Promise<ReadonlyMap<string, TableHash>> {
  if (tables.length === 0) return new Map();
  const second = await connectTo(location, reading(options.lockWaitMs));
  try {
    return await session.transaction(
      async (first) => {
        const [row] = await first.query('select pg_export_snapshot() as snapshot');
        await second.query(
          `begin isolation level repeatable read read only; set transaction snapshot '${textColumn(row, 'snapshot')}'`,
        );
        return hashBeside([first, second], await sizesOf(first, tables), options);
      },
      { readOnly: true, repeatableRead: true },
    );
  } finally {
    await second.end();
  }
}

async function sizesOf(session: Session, tables: readonly string[]): Promise<TableToHash[]> {
  const rows = await session.query(
    `select name as table, (select sum(pg_relation_size(relid)) from pg_partition_tree(to_regclass(name))) as bytes
       from unnest($1::text[]) name`,
    [tables],
  );
  return rows.map((row) => ({ table: textColumn(row, 'table'), bytes: Number(row['bytes'] ?? 0) }));
}

async function readKeys(
  session: Session,
  appendOnly: { readonly [table: string]: string },
): Promise<{ table: string; column: string; upTo: string | null }[]> {
  const keys = [];
  for (const [table, column] of Object.entries(appendOnly)) {
    const [row] = await session.query(`select max(${quoteName(column)})::text as key from ${table}`);
    keys.push({ table, column, upTo: textOrNull(row, 'key') });
  }
  return keys;
}

async function openTransactionsEnded(session: Session, signal: AbortSignal | undefined): Promise<boolean> {
  const [now] = await session.query('select clock_timestamp()::text as now');
  const deadline = performance.now() + waitForOpenMs;
  for (;;) {
    const [open] = await session.query(
      `select count(*) as count from pg_stat_activity
        where xact_start <= $1::timestamptz and pid <> pg_backend_pid() and datname = current_database()
          and backend_type = 'client backend'`,
      [textOrNull(now, 'now')],
    );
    const [prepared] = await session.query(
      `select count(*) as count from pg_prepared_xacts where prepared <= $1::timestamptz and database = current_database()`,
      [textOrNull(now, 'now')],
    );
    if (open?.['count'] === 0 && prepared?.['count'] === 0) return true;
    if (signal?.aborted === true) throw new Failure('cancelled', 'taking the expectation was cancelled');
    if (performance.now() > deadline) return false;
    await delay(20);
  }
}
