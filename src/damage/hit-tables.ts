import { createHash } from 'node:crypto';
import { Failure, type Json } from '../base/index.js';
import {
  hashInTransaction,
  leafTables,
  quoteLiteral,
  quoteName,
  textColumn,
  type Row,
  type Session,
} from '../postgres/index.js';
import type { LostTable, WayToLoseRows } from './lost-rows-truth.js';

/** Which column a bad update sets, and to what, as text. */
export interface BadValue {
  readonly column: string;
  readonly value: string;
}

/** A statement without the WHERE that it needed. */
export function harmfulStatement(how: WayToLoseRows, table: string, bad: BadValue | null): string {
  switch (how) {
    case 'delete':
      return `delete from ${table}`;
    case 'truncate':
      return `truncate ${table} cascade`;
    case 'drop':
      return `drop table ${table}`;
    case 'bad-update':
      if (bad === null)
        throw new Failure('invalid', 'a bad update needs the column that it sets and the value');
      return `update ${table} set ${quoteName(bad.column)} = ${quoteLiteral(bad.value)}`;
  }
}

/** Keys that carry a deletion on: every key for a TRUNCATE … CASCADE, those with an action of their own for a DELETE. */
const carriedOn: { readonly [how in WayToLoseRows]: string } = {
  delete: `k.confdeltype in ('c', 'n', 'd')`,
  truncate: 'true',
  drop: 'false',
  'bad-update': `k.confupdtype in ('c', 'n', 'd')`,
};

/** The table and every other one that the statement reaches through foreign keys, as schema.name, sorted. Rejects with `invalid`. */
export async function tablesHit(session: Session, how: WayToLoseRows, table: string): Promise<string[]> {
  await leafTables(session, table);
  const rows = await session.query(
    `with recursive hit as (
       select $1::regclass::oid as oid
       union select k.conrelid from hit join pg_constraint k on k.confrelid = hit.oid
              where k.contype = 'f' and k.conrelid <> k.confrelid and ${carriedOn[how]})
     select format('%I.%I', n.nspname, c.relname) as name from hit join pg_class c on c.oid = hit.oid
       join pg_namespace n on n.oid = c.relnamespace order by 1`,
    [table],
  );
  return rows.map((row) => textColumn(row, 'name'));
}

/**
 * Counts, hashes and keys of one table as this transaction sees it; the caller holds a lock that keeps every writer out. `bad`:
 * only rows whose value it changes count as hit.
 */
export async function recordTable(session: Session, table: string, bad: BadValue | null): Promise<LostTable> {
  const [hashed] = await hashInTransaction(session, [table]);
  const key = await keyOf(session, table);
  const list = key.map(quoteName).join(', ');
  const where =
    bad === null ? '' : ` where ${quoteName(bad.column)} is distinct from ${quoteLiteral(bad.value)}`;
  const hash = createHash('sha256');
  const ranges = stretches();
  let lost = 0;
  await eachRow(
    session,
    `select row_to_json(k)::text as firedrill_key, k.* from (select ${list} from ${table}${where}) k order by ${list}`,
    (row) => {
      lost += 1;
      hash.update(`${textColumn(row, 'firedrill_key')}\n`);
      ranges.take(key.length === 1 ? row[key[0] ?? ''] : null);
    },
  );
  return {
    table,
    rows: hashed?.rows ?? 0,
    hash: hashed?.hash ?? '0',
    key,
    lost: { rows: lost, ranges: ranges.found(), keysSha256: hash.digest('hex') },
  };
}

const rowsAtOnce = 1000;

/** Inside the caller's transaction: a table may have more rows than memory holds. */
async function eachRow(session: Session, sql: string, take: (row: Row) => void): Promise<void> {
  await session.query(`declare firedrill_keys no scroll cursor for ${sql}`);
  for (;;) {
    const rows = await session.query(`fetch ${rowsAtOnce} from firedrill_keys`);
    rows.forEach(take);
    if (rows.length < rowsAtOnce) break;
  }
  await session.query('close firedrill_keys');
}

async function keyOf(session: Session, table: string): Promise<string[]> {
  const rows = await session.query(
    `select a.attname::text as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where i.indrelid = $1::regclass and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)`,
    [table],
  );
  if (rows.length > 0) return rows.map((row) => textColumn(row, 'name'));
  throw new Failure('invalid', `${table} has no primary key, so its lost rows cannot be named`);
}

/** Gathers whole numbers that come in order, as unbroken stretches; null when anything else came. */
function stretches() {
  let found: [number, number][] | null = [];
  return {
    take(one: Json | undefined): void {
      if (typeof one !== 'number' || !Number.isSafeInteger(one)) found = null;
      const last = found?.at(-1);
      if (found === null || typeof one !== 'number') return;
      if (last?.[1] === one - 1) last[1] = one;
      else found.push([one, one]);
    },
    found: (): [number, number][] | null => found,
  };
}
