import type { Json } from '../base/index.js';
import { textColumn } from './column.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';
import { leafTables } from './tables.js';

/**
 * What the hash of a table is made of. `record` is byte-exact, within one major version and as long as types keep their OIDs;
 * `text` also holds across a dump into new types, with the settings that `readFromHeap` pins.
 */
export const hashMethods = {
  // Plain `t` would mean a column of that name, where there is one, and leave out every other.
  record: 'sum(hash_record_extended(row(record_send(t.*)), 0))',
  text: 'sum(hashtextextended((t.*)::text, 0))',
} as const;
export type HashMethod = keyof typeof hashMethods;

export interface TableHash {
  readonly table: string;
  readonly rows: number;
  /** Order-independent; equal for byte-equal content within one major version and encoding. Decimal text. */
  readonly hash: string;
}

/** Only rows whose key is at most this value (compared by the column's own type). */
export interface UpTo {
  readonly column: string;
  readonly value: string;
}

/** Row count and content hash of one table, or of all partitions of one. Reads the heap, never an index. */
export async function hashTable(session: Session, table: string, upTo?: UpTo): Promise<TableHash> {
  const [one] = await hashTables(session, [table], upTo === undefined ? {} : { upTo: { [table]: upTo } });
  return one ?? { table, rows: 0, hash: '0' };
}

/** Several tables in one repeatable-read snapshot, in the order given. */
export async function hashTables(
  session: Session,
  tables: readonly string[],
  options: { readonly upTo?: { readonly [table: string]: UpTo }; readonly method?: HashMethod } = {},
): Promise<TableHash[]> {
  const work = async (inside: Session) =>
    hashInTransaction(inside, tables, options.upTo ?? {}, options.method);
  return session.transaction(work, { readOnly: true, repeatableRead: true });
}

/** The same inside a transaction that the caller holds; changes planner settings until its end. */
export async function hashInTransaction(
  session: Session,
  tables: readonly string[],
  upTo: { readonly [table: string]: UpTo } = {},
  method: HashMethod = 'record',
): Promise<TableHash[]> {
  await readFromHeap(session);
  // Names of tables, types and functions inside rows are written with their schema only when nothing is on the path.
  if (method === 'text') await session.query(`set local search_path = ''`);
  const hashes: TableHash[] = [];
  for (const table of tables) hashes.push(await hashOne(session, table, upTo[table], method));
  return hashes;
}

/** Index-only scans answer from the index and never meet a damaged heap page; row security would hide rows silently. */
export async function readFromHeap(session: Session): Promise<void> {
  await session.query(`
    set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_bitmapscan = off;
    set local row_security = off; set local extra_float_digits = 1; set local bytea_output = 'hex';
    set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres'; set local timezone = 'UTC'; set local lc_monetary = 'C'`);
}

async function hashOne(
  session: Session,
  table: string,
  upTo: UpTo | undefined,
  method: HashMethod,
): Promise<TableHash> {
  let rows = 0;
  let sum = 0n;
  for (const leaf of await leafTables(session, table)) {
    const where = upTo === undefined ? '' : ` where ${quoteName(upTo.column)} <= $1`;
    const values: Json[] = upTo === undefined ? [] : [upTo.value];
    const [row] = await session.query(
      `select count(*)::text as rows, coalesce(${hashMethods[method]}, 0)::text as hash
         from only ${leaf.sql} t${where}`,
      values,
    );
    rows += Number(row?.['rows']);
    sum += BigInt(textColumn(row, 'hash'));
  }
  return { table, rows, hash: sum.toString() };
}
