import { textColumn, textOrNull } from './column.js';
import { quoteLiteral, quoteName } from './quote.js';
import type { Session } from './session.js';

/** A foreign key as it can be dropped and made again, at the top of its partition tree. */
export interface ForeignKey {
  readonly name: string;
  /** Quoted and qualified table that refers. */
  readonly table: string;
  readonly definition: string;
  readonly validated: boolean;
  /** On a partitioned table PostgreSQL 15 knows no NOT VALID. */
  readonly partitioned: boolean;
  readonly comment: string | null;
}

/** Foreign keys of other tables that point at this one, itself or as a partition. */
export async function inboundKeys(session: Session, table: string): Promise<ForeignKey[]> {
  const rows = await session.query(
    `with recursive up as (
       select k.oid, k.conparentid from pg_constraint k
        where k.contype = 'f' and k.confrelid = $1::regclass and k.conrelid <> $1::regclass
       union select k.oid, k.conparentid from up join pg_constraint k on k.oid = up.conparentid)
     select k.conname::text as name, format('%I.%I', n.nspname, c.relname) as table, pg_get_constraintdef(k.oid) as definition,
            k.convalidated as validated, c.relkind = 'p' as partitioned, obj_description(k.oid, 'pg_constraint') as comment
       from up join pg_constraint k on k.oid = up.oid join pg_class c on c.oid = k.conrelid
       join pg_namespace n on n.oid = c.relnamespace
      where k.conparentid = 0 order by 2, 1`,
    [table],
  );
  return rows.map((row) => ({
    name: textColumn(row, 'name'),
    table: textColumn(row, 'table'),
    definition: textColumn(row, 'definition').replace(/ NOT VALID$/, ''),
    validated: row['validated'] === true,
    partitioned: row['partitioned'] === true,
    comment: textOrNull(row, 'comment'),
  }));
}

export async function dropKey(session: Session, key: ForeignKey): Promise<void> {
  await session.query(`alter table ${key.table} drop constraint ${quoteName(key.name)}`);
}

/** Makes it again and, where it was valid before, has every row checked: rejects when a row points nowhere. */
export async function remakeKey(session: Session, key: ForeignKey): Promise<void> {
  const name = quoteName(key.name);
  const later = key.partitioned && key.validated ? '' : ' not valid';
  await session.query(`alter table ${key.table} add constraint ${name} ${key.definition}${later}`);
  if (key.validated && !key.partitioned)
    await session.query(`alter table ${key.table} validate constraint ${name}`);
  if (key.comment !== null) {
    await session.query(`comment on constraint ${name} on ${key.table} is ${quoteLiteral(key.comment)}`);
  }
}
