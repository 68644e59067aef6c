import { Failure } from '../base/index.js';
import { textColumn } from './column.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';

/** A table that holds rows of its own: ordinary, or one partition; never a partitioned parent or a view. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
  /** Quoted and qualified, ready for SQL. */
  readonly sql: string;
}

export function tableName(schema: string, name: string): TableName {
  return { schema, name, sql: `${quoteName(schema)}.${quoteName(name)}` };
}

/** Ordinary tables and partitions outside the system's schemas, unlogged and temporary ones left out. */
export async function listTables(session: Session): Promise<TableName[]> {
  const rows = await session.query(`
    select n.nspname::text as schema, c.relname::text as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema')
       and n.nspname !~ '^pg_'
     order by 1, 2`);
  return rows.map((row) => tableName(textColumn(row, 'schema'), textColumn(row, 'name')));
}

/**
 * The tables with rows behind a name: the table itself, or the leaves of a partitioned one.
 * `text` is what one would write in SQL: `bookings`, `public.bookings`, `"Odd Name"`. Rejects with `invalid` when unknown.
 */
export async function leafTables(session: Session, text: string): Promise<TableName[]> {
  const rows = await session.query(
    `select n.nspname::text as schema, c.relname::text as name, c.relkind as kind
       from (select to_regclass($1) as root) r
       cross join lateral (select r.root::oid as relid union
                           select relid::oid from pg_partition_tree(r.root) where isleaf) t
       join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'm', 'p') order by 1, 2`,
    [text],
  );
  if (rows.length === 0) {
    throw new Failure('invalid', `there is no table ${text}`, {
      hint: 'List the tables with `psql -c "\\dt *.*"`.',
    });
  }
  return rows
    .filter((row) => row['kind'] !== 'p')
    .map((row) => tableName(textColumn(row, 'schema'), textColumn(row, 'name')));
}
