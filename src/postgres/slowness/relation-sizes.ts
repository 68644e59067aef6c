import { textColumn, textOrNull } from '../column.js';
import { sqlState } from '../query-failure.js';
import type { Session } from '../session.js';

/** How much room one table, or one of its indexes, takes, and for how many rows. */
export interface RelationSize {
  /** The table, as schema.name, quoted where SQL needs it. */
  readonly table: string;
  /** As schema.name, never quoted. Null: the table itself, without its indexes and what is stored beside it. */
  readonly index: string | null;
  readonly sizeBytes: number;
  /** Rows of the table that somebody can still see, as the server counts them: not exact. */
  readonly liveRows: number;
  /** What so many rows would need freshly written, from the widths the planner knows; null where it knows nothing of one of the columns. */
  readonly estimatedBytes: number | null;
}

/** Smaller ones fit into any cache, whatever is in them. */
const smallestBytes = 256 * 1024;
/** The largest; a catalogue of thousands must not make a question of seconds of this. */
const mostRelations = 400;

/**
 * Tables and their B-tree indexes, largest first, of those that have any size. Reads the catalogue and counters alone, as any role may.
 * Waits for nobody: of a table that is locked, or about to be, it takes the size that the server last noted.
 */
export async function readRelationSizes(session: Session): Promise<RelationSize[]> {
  const ask = async (noted: boolean) =>
    session.transaction(
      async (inside) => {
        await inside.query(`set local lock_timeout = '200ms'`);
        return inside.query(sizesSql, [smallestBytes, mostRelations, noted]);
      },
      { readOnly: true },
    );
  const rows = await ask(false).catch((failure: unknown) => {
    if (sqlState(failure) === '55P03') return ask(true);
    throw failure;
  });
  return rows.map((row) => ({
    table: textColumn(row, 'table'),
    index: textOrNull(row, 'index'),
    sizeBytes: Number(row['bytes']),
    liveRows: Number(row['live']),
    estimatedBytes: row['estimate'] === null ? null : Number(row['estimate']),
  }));
}

/** What is normal, for the baseline, over a client's session: the catalogue of thousands of tables takes longer than a canary query may. */
export async function takeNormalSizes(connect: () => Promise<Session>): Promise<RelationSize[]> {
  const session = await connect();
  try {
    await session.query(`set statement_timeout = '60s'`);
    return await readRelationSizes(session);
  } finally {
    await session.end();
  }
}

/**
 * A row of a table takes a header of 24 bytes and a line pointer of 4, a row of a B-tree 8 and 4; both are rounded up to 8; a page
 * gives 8168 and 8144 of its 8192 bytes, a B-tree fills nine tenths of it (storage.sgml, btree.sgml). Equal keys are kept once, so
 * that an index is smaller than estimated. A column without statistics (`left join`) leaves no estimate: left out, what is sound would
 * look swollen. What is computed when it is read takes no room.
 */
const sizesSql = `
  with wide as (
    select schemaname, tablename, attname, avg_width * (1 - null_frac) as width from pg_stats where not inherited
  ), columns_of as not materialized (
    select attrelid, attname, attnum from pg_attribute where attnum > 0 and not attisdropped and attgenerated <> 'v'
  ), locked as materialized (
    select relation from pg_locks where mode = 'AccessExclusiveLock' and relation is not null
  ), tables as (
    select c.oid, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname) as name,
           greatest(s.n_live_tup, c.reltuples, 0)::float8 as live, c.relpages, $3::bool or exists (select from locked l where l.relation = c.oid) as locked,
           current_setting('block_size')::int8 as block,
           coalesce((select option_value::int from pg_options_to_table(c.reloptions) where option_name = 'fillfactor'), 100) as filled
      from pg_stat_user_tables s join pg_class c on c.oid = s.relid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm')
  ), found as (
    select t.name as table, null::text as index, t.block * t.relpages as noted, t.oid, t.locked, t.live,
           (select case when bool_and(w.width is not null) then
                     ceil(t.live * (28 + 8 * ceil(sum(w.width) / 8)) / ((t.block - 24) * t.filled / 100.0)) * t.block end
              from columns_of c left join wide w on w.schemaname = t.nspname and w.tablename = t.relname and w.attname = c.attname
             where c.attrelid = t.oid) as estimate
      from tables t
    union all
    select t.name, t.nspname || '.' || i.relname, t.block * i.relpages, i.oid,
           t.locked or exists (select from locked l where l.relation = i.oid), t.live,
           case when 0 = any(x.indkey::int2[]) then null else
             (select case when bool_and(w.width is not null) then
                       ceil(least(t.live, nullif(i.reltuples, -1)) * (12 + 8 * ceil(sum(w.width) / 8)) / ((t.block - 48) * 0.9)) * t.block end
                from columns_of c left join wide w on w.schemaname = t.nspname and w.tablename = t.relname and w.attname = c.attname
               where c.attrelid = t.oid and c.attnum = any(x.indkey::int2[])) end
      from tables t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
      join pg_am m on m.oid = i.relam and m.amname = 'btree'
  )
  select sized.table, index, bytes, live, estimate
    from (select *, case when locked then noted else pg_relation_size(oid) end as bytes from found) sized
   where bytes >= $1::int8 order by bytes desc limit $2::int`;
