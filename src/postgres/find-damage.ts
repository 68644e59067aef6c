import { Failure } from '../base/index.js';
import { textColumn, textOrNull } from './column.js';
import { checkHeap, checkIndex, crossCheck, type CheckedRelation } from './relation-checks.js';
import type { Session } from './session.js';
import { areSound, inGroups } from './sound-together.js';

export interface DamagedRelation {
  /** `schema.name`. */
  readonly relation: string;
  readonly kind: 'heap' | 'index';
  /** The table it belongs to; the relation itself for an ordinary heap. */
  readonly table: string;
  readonly catalog: boolean;
  readonly error: string;
  /** Damaged blocks as far as they could be told, at most 64. */
  readonly blocks?: readonly number[];
}

export interface DamageReport {
  readonly damaged: readonly DamagedRelation[];
  /** What was not looked at, and why: never to be counted as sound. */
  readonly unchecked: readonly {
    readonly relation: string;
    readonly kind: 'heap' | 'index';
    readonly why: string;
  }[];
  readonly checked: { readonly heaps: number; readonly indexes: number };
  readonly amcheck: boolean;
  readonly suggestion: 'none' | 'indexes-only' | 'one-table' | 'whole';
  /** The one table, when the suggestion is `one-table`. */
  readonly table: string | null;
}

/**
 * Reads every page of every heap of the session's database (or of the named tables and their indexes) and checks every B-tree
 * with the light check of amcheck, where that extension is installed; it is never installed from here. Takes no lock stronger
 * than a query does.
 */
export async function findDamage(
  session: Session,
  options: {
    readonly database?: string;
    readonly tables?: readonly string[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<DamageReport> {
  await requireDatabase(session, options.database);
  const amcheck = await amcheckSchema(session);
  const damaged: DamagedRelation[] = [];
  const unchecked: DamageReport['unchecked'][number][] = [];
  const checked = { heaps: 0, indexes: 0 };
  const relations = await listRelations(session, options.tables);
  const sound = new Set<number>();
  for (const group of inGroups(relations, amcheck)) {
    goOn(options.signal);
    if (await areSound(session, group, amcheck)) for (const { oid } of group) sound.add(oid);
  }
  for (const relation of relations) {
    goOn(options.signal);
    const isIndex = relation.kind === 'i';
    const found = sound.has(relation.oid)
      ? null
      : isIndex
        ? await checkIndex(session, relation, amcheck)
        : ((await checkHeap(session, relation, amcheck)) ?? (await crossCheck(session, relation)));
    if (found === null) checked[isIndex ? 'indexes' : 'heaps'] += 1;
    else if ('why' in found)
      unchecked.push({ relation: relation.label, kind: isIndex ? 'index' : 'heap', why: found.why });
    else {
      const { table, catalog, label } = relation;
      damaged.push({ relation: label, kind: isIndex ? 'index' : 'heap', table, catalog, ...found });
      checked[isIndex ? 'indexes' : 'heaps'] += 1;
    }
  }
  return {
    damaged,
    unchecked,
    checked,
    amcheck: amcheck !== null,
    ...suggest(
      damaged,
      await ordinary(session, damaged),
      unchecked.some((one) => one.kind === 'heap'),
    ),
  };
}

function goOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('cancelled', 'the search for damage was cancelled');
}

/** Only indexes: rebuild them. One ordinary table and nothing else: that table. Everything else: the whole cluster. */
export function suggest(
  damaged: readonly DamagedRelation[],
  ordinaryTables: ReadonlySet<string>,
  /** Whether some table could not be read: then nothing less than everything is safe to suggest. */
  unreadTables = false,
): Pick<DamageReport, 'suggestion' | 'table'> {
  if (unreadTables) return { suggestion: 'whole', table: null };
  if (damaged.length === 0) return { suggestion: 'none', table: null };
  if (damaged.every((one) => one.kind === 'index')) return { suggestion: 'indexes-only', table: null };
  const tables = [...new Set(damaged.map((one) => one.table))];
  const [table] = tables;
  const one = table !== undefined && tables.length === 1 && ordinaryTables.has(table);
  return one && !damaged.some((found) => found.catalog)
    ? { suggestion: 'one-table', table }
    : { suggestion: 'whole', table: null };
}

async function requireDatabase(session: Session, database: string | undefined): Promise<void> {
  if (database === undefined) return;
  const [row] = await session.query('select current_database()::text as name');
  const actual = textColumn(row, 'name');
  if (actual !== database)
    throw new Failure('invalid', `the session is on database ${actual}, not on ${database}`);
}

async function amcheckSchema(session: Session): Promise<string | null> {
  const [row] = await session.query(`select quote_ident(n.nspname) as schema from pg_extension e
    join pg_namespace n on n.oid = e.extnamespace where e.extname = 'amcheck'`);
  return textOrNull(row, 'schema');
}

/** Heaps first, each before its indexes: a damaged heap is found by reading it, not by way of an index. */
async function listRelations(
  session: Session,
  tables: readonly string[] | undefined,
): Promise<CheckedRelation[]> {
  const rows = await session.query(
    `select c.oid::int8 as oid, c.relkind as kind, a.amname::text as method,
            format('%I.%I', n.nspname, c.relname) as sql, n.nspname || '.' || c.relname as label,
            (select on_.nspname || '.' || o.relname from pg_class o join pg_namespace on_ on on_.oid = o.relnamespace
              where o.oid = owner.oid) as table,
            (owner.oid < 16384) as catalog, coalesce(i.indisvalid and i.indisready, true) as valid, case when (select h.reltuples from pg_class h where h.oid = heap.oid) >= 0 then c.relpages end as pages
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       left join pg_index i on i.indexrelid = c.oid
       left join pg_am a on a.oid = c.relam
       cross join lateral (select coalesce(i.indrelid, c.oid) as oid) heap
       cross join lateral (select coalesce((select t.oid from pg_class t where t.reltoastrelid = heap.oid), heap.oid) as oid) owner
      where c.relkind in ('r', 'm', 't', 'i') and c.relpersistence <> 't'
        and ($1::text[] is null or owner.oid in
              (select r from (select to_regclass(x)::oid as r from unnest($1::text[]) x
                              union select relid::oid from unnest($1::text[]) x, pg_partition_tree(to_regclass(x))) q))
      order by c.relkind = 'i', 6, 5`,
    [tables ?? null],
  );
  if (tables !== undefined && rows.length === 0)
    throw new Failure('invalid', `there is no table ${tables.join(', ')}`);
  return rows.map((row) => ({
    oid: Number(row['oid']),
    kind: textColumn(row, 'kind') as CheckedRelation['kind'],
    method: textOrNull(row, 'method'),
    sql: textColumn(row, 'sql'),
    label: textColumn(row, 'label'),
    table: textColumn(row, 'table'),
    catalog: row['catalog'] === true,
    valid: row['valid'] === true,
    pages: typeof row['pages'] === 'number' ? row['pages'] : null,
  }));
}

async function ordinary(session: Session, damaged: readonly DamagedRelation[]): Promise<Set<string>> {
  const rows = await session.query(
    `select n.nspname || '.' || c.relname as label from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname || '.' || c.relname = any($1::text[])`,
    [damaged.map((one) => one.table)],
  );
  return new Set(rows.map((row) => textColumn(row, 'label')));
}
