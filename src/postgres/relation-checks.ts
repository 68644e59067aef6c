import { Failure } from '../base/index.js';
import { textColumn, textOrNull } from './column.js';
import { readFromHeap } from './content-hash.js';
import { sqlState } from './query-failure.js';
import type { Session } from './session.js';

export interface CheckedRelation {
  readonly oid: number;
  /** As in pg_class: table, materialised view, TOAST table, index. */
  readonly kind: 'r' | 'm' | 't' | 'i';
  readonly method: string | null;
  readonly sql: string;
  readonly label: string;
  readonly table: string;
  readonly catalog: boolean;
  readonly valid: boolean;
  /** As they were last counted; null: never, it may be large. */
  readonly pages: number | null;
}

/** Null: sound. */
export type Found =
  { readonly error: string; readonly blocks?: readonly number[] } | { readonly why: string } | null;

/** Enough to name the damage; a relation with more is not repaired block by block. */
const mostBlocks = 64;

/**
 * Reads all pages of a heap. Where the pages are readable the rows are taken apart too: by amcheck, where it is installed,
 * which survives any rubbish, and then by sending every column, which follows values into their TOAST table.
 */
export async function checkHeap(
  session: Session,
  relation: CheckedRelation,
  amcheck: string | null,
): Promise<Found> {
  const pages = await attempt(session, `select count(*) from only ${relation.sql}`);
  if (pages !== null)
    return 'why' in pages ? pages : { ...pages, blocks: await damagedBlocks(session, relation) };
  if (amcheck !== null) {
    const rows = await attempt(
      session,
      `select blkno, msg from ${amcheck}.verify_heapam($1::int8::oid::regclass) limit ${mostBlocks}`,
      relation.oid,
    );
    if (rows !== null) return rows;
  }
  if (relation.catalog || relation.kind === 't') return null;
  const sent = await attempt(
    session,
    `select sum(octet_length(record_send(t.*))) from only ${relation.sql} t`,
  );
  // A type without a binary form (42883) cannot be sent; its text form reads the same bytes.
  if (sent === null || 'error' in sent || !sent.why.includes('42883')) return sent;
  return attempt(session, `select sum(octet_length((t.*)::text)) from only ${relation.sql} t`);
}

/** amcheck's light check of a B-tree: takes an access share lock, reads the index alone. */
export async function checkIndex(
  session: Session,
  relation: CheckedRelation,
  amcheck: string | null,
): Promise<Found> {
  if (!relation.valid) return { why: 'the index is not valid' };
  if (relation.method !== 'btree') return { why: `no check exists for ${relation.method ?? 'this'} indexes` };
  if (amcheck === null) return { why: 'the extension amcheck is not installed' };
  return attempt(session, `select ${amcheck}.bt_index_check($1::int8::oid::regclass)`, relation.oid);
}

/**
 * Counts the rows once through the heap and once by following an index into it. A heap file that was cut short reads without
 * any error, its rows are merely gone; the index still points at them.
 */
export async function crossCheck(session: Session, relation: CheckedRelation): Promise<Found> {
  if (relation.kind !== 'r' || relation.catalog) return null;
  const [index] = await session.query(
    `select quote_ident(a.attname) as column, pg_relation_filepath(i.indexrelid) as path from pg_index i
       join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = $1::int8::oid and m.amname = 'btree' and i.indisvalid and i.indpred is null
      order by i.indisprimary desc, i.indexrelid limit 1`,
    [relation.oid],
  );
  const column = textOrNull(index, 'column');
  if (column === null) return null;
  try {
    return await session.transaction(
      async (inside) => {
        await readFromHeap(inside);
        const heap = await inside.query(`select count(*)::text as rows from only ${relation.sql}`);
        await inside.query(
          'set local enable_seqscan = off; set local enable_sort = off; set local enable_indexscan = on',
        );
        const byIndex = await inside.query(
          `select count(*)::text as rows from (select 1 from only ${relation.sql} order by ${column} offset 0) s`,
        );
        const [a, b] = [textColumn(heap[0], 'rows'), textColumn(byIndex[0], 'rows')];
        return a === b ? null : { error: `the heap has ${a} rows, its index on ${column} leads to ${b}` };
      },
      { readOnly: true, repeatableRead: true },
    );
  } catch (failure) {
    const found = judge(failure);
    // An unreadable index is for the index check to report; PostgreSQL names it by its file, or calls it an index.
    const path = textOrNull(index, 'path') ?? 'index';
    const ofIndex =
      found !== null && 'error' in found && (found.error.includes(path) || /\bindex\b/.test(found.error));
    return ofIndex ? null : found;
  }
}

/** Runs one reading statement. Rows with a `msg` are amcheck's findings. */
async function attempt(session: Session, sql: string, oid?: number): Promise<Found> {
  try {
    return await session.transaction(
      async (inside) => {
        await readFromHeap(inside);
        const rows = await inside.query(sql, oid === undefined ? [] : [oid]);
        const findings = rows.filter((row) => typeof row['msg'] === 'string');
        const [first] = findings;
        if (first === undefined) return null;
        return {
          error: textColumn(first, 'msg'),
          blocks: [...new Set(findings.map((row) => Number(row['blkno'])))],
        };
      },
      { readOnly: true },
    );
  } catch (failure) {
    return judge(failure);
  }
}

/** Damage, or a reason why it could not be looked at; a lost connection ends the search. */
export function judge(failure: unknown): Found {
  if (!(failure instanceof Failure)) throw failure;
  const state = sqlState(failure);
  if (state === null || /^(08|57P)/.test(state)) throw failure;
  // Class XX: corrupted; 58: the file system said no; 22021 and 54000 come from rows that make no sense.
  if (/^(XX|58|22021|54000)/.test(state)) return { error: failure.message };
  return { why: failure.message };
}

/** Reads on behind each unreadable block until the end; empty when the errors do not name blocks. */
async function damagedBlocks(session: Session, relation: CheckedRelation): Promise<number[]> {
  const blocks: number[] = [];
  for (let from = 0; blocks.length < mostBlocks;) {
    const found = await attempt(
      session,
      `select count(*) from only ${relation.sql} where ctid >= '(${from},0)'::tid`,
    );
    if (found === null || 'why' in found) break;
    const block = Number(/\bblock (\d+)/.exec(found.error)?.[1] ?? 'NaN');
    // Older servers read the whole table for a range of tuple ids and stop at the same block again.
    if (!(block >= from)) break;
    blocks.push(block);
    from = block + 1;
  }
  return blocks;
}
