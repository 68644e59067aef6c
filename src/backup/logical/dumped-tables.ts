import { textColumn, type Session } from '../../postgres/index.js';
import type { TableToHash } from '../expectation/hash-beside.js';

const ofExtension = `from pg_depend d join pg_extension e on e.oid = d.refobjid
  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass`;

const users = `c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

/** Tables whose rows a dump holds: unlogged ones too, partitions one by one, none that an extension makes and fills. */
export async function dumpedTables(session: Session): Promise<TableToHash[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as table, pg_relation_size(c.oid) as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${users} and not exists (select 1 ${ofExtension}) order by 1`,
  );
  return rows.map((row) => ({ table: textColumn(row, 'table'), bytes: Number(row['bytes']) }));
}

/** Tables that come back with their extension, and of whose rows a dump holds at most those that the extension names. */
export async function tablesOfExtensions(
  session: Session,
): Promise<{ readonly table: string; readonly why: string }[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as table, (select e.extname::text ${ofExtension}) as extension
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${users} and exists (select 1 ${ofExtension}) order by 1`,
  );
  return rows.map((row) => ({
    table: textColumn(row, 'table'),
    why: `it belongs to extension ${textColumn(row, 'extension')}`,
  }));
}
