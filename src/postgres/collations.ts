import { textColumn } from './column.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';

/** A collation whose library orders otherwise than when indexes were built with it. */
export interface ChangedCollation {
  readonly oid: number;
  /** As in SQL; `default` for that of the database. */
  readonly name: string;
  readonly was: string;
  readonly is: string;
}

/** Of the session's database: recorded version against the one of the library that is loaded. */
export async function changedCollations(session: Session): Promise<ChangedCollation[]> {
  const [has] = await session.query(
    `select to_regprocedure('pg_database_collation_actual_version(oid)') is not null as own`,
  );
  // Servers before 15 record no version for a database's own collation.
  const own =
    has?.['own'] === true
      ? `union all select 100::int8, 'default', datcollversion, pg_database_collation_actual_version(oid)
           from pg_database where datname = current_database() and datcollversion <> pg_database_collation_actual_version(oid)`
      : '';
  const rows = await session.query(
    `select c.oid::int8 as oid, format('%I.%I', n.nspname, c.collname) as name, collversion as was, pg_collation_actual_version(c.oid) as is
       from pg_collation c join pg_namespace n on n.oid = c.collnamespace
      where collversion <> pg_collation_actual_version(c.oid) ${own} order by 2`,
  );
  return rows.map((row) => ({
    oid: Number(row['oid']),
    name: textColumn(row, 'name'),
    was: textColumn(row, 'was'),
    is: textColumn(row, 'is'),
  }));
}

/** Valid indexes that order by one of these collations, in a column or inside an expression or a condition. */
export async function indexesOrderedBy(
  session: Session,
  collations: readonly ChangedCollation[],
): Promise<{ readonly schema: string; readonly name: string }[]> {
  const rows = await session.query(
    `select n.nspname::text as schema, c.relname::text as name from pg_index i
       join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'i' and i.indisvalid and (i.indcollation::oid[] && $1::oid[]
         or exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                      and d.refclassid = 'pg_collation'::regclass and d.refobjid = any($1::oid[]))) order by 1, 2`,
    [collations.map((one) => one.oid)],
  );
  return rows.map((row) => ({ schema: textColumn(row, 'schema'), name: textColumn(row, 'name') }));
}

/** Partitioned tables that place rows by such a collation: rows may lie in a partition where they are no longer looked for. */
export async function partitionedBy(
  session: Session,
  collations: readonly ChangedCollation[],
): Promise<string[]> {
  const rows = await session.query(
    `select partrelid::regclass::text as name from pg_partitioned_table where partstrat = 'r' and partcollation::oid[] && $1::oid[] order by 1`,
    [collations.map((one) => one.oid)],
  );
  return rows.map((row) => textColumn(row, 'name'));
}

/** Records the version in use; only once everything that was ordered by the old one is built anew. */
export async function refreshCollation(session: Session, collation: ChangedCollation): Promise<void> {
  if (collation.oid !== 100) {
    await session.query(`alter collation ${collation.name} refresh version`);
    return;
  }
  const [row] = await session.query('select current_database()::text as name');
  await session.query(`alter database ${quoteName(textColumn(row, 'name'))} refresh collation version`);
}
