import { Failure, type Json } from '../base/index.js';
import { textColumn } from './column.js';
import { quoteLiteral, quoteName } from './quote.js';
import type { Session } from './session.js';

/** What became of the side's rows of one table. */
export interface MergedRows {
  /** Their key was missing, and is there now. */
  readonly inserted: number;
  /** There already, with the same content. */
  readonly kept: number;
  /** Not overwritten: the key, or another unique value, belongs to a row with other content. */
  readonly conflicting: number;
  /** Keys of the conflicting rows, the first hundred. */
  readonly conflicts: readonly Json[];
}

const named = 100;

/**
 * Puts rows whose primary key is missing from a staging table into the live one, which the caller has locked against writers. A
 * live row is never changed. Rejects with `refused` when the table has no primary key or a rule rewrites what is put into it.
 */
export async function mergeMissing(
  target: Session,
  table: string,
  stage: string,
  columns: readonly string[],
): Promise<MergedRows> {
  const key = await primaryKey(target, table);
  await requireNoRule(target, table);
  const list = columns.map(quoteName).join(', ');
  const match = key.map((name) => `t.${quoteName(name)} = s.${quoteName(name)}`).join(' and ');
  const row = (of: 's' | 't') =>
    `row(${columns.map((name) => `${of}.${quoteName(name)}`).join(', ')})::record`;
  const keyOf = `jsonb_build_object(${key.map((name) => `${quoteLiteral(name)}, s.${quoteName(name)}`).join(', ')})`;
  const [counted] = await target.query(
    `select count(*) filter (where same)::text as kept, count(*) filter (where not same)::text as different
       from (select ${row('s')} *= ${row('t')} as same from ${stage} s join ${table} t on ${match}) c`,
  );
  const different = await target.query(
    `select ${keyOf} as key from ${stage} s join ${table} t on ${match} where not (${row('s')} *= ${row('t')}) order by 1 limit ${named}`,
  );
  await target.query(`alter table ${stage} add column firedrill_missing boolean not null default true`);
  await target.query(
    `update ${stage} s set firedrill_missing = false where exists (select 1 from ${table} t where ${match})`,
  );
  const [put] = await target.query(
    `with put as (insert into ${table} (${list}) overriding system value
                  select ${list} from ${stage} where firedrill_missing on conflict do nothing returning 1)
     select count(*)::text as rows from put`,
  );
  // What another unique value kept out is told from what came in by looking again.
  const kept = await target.query(
    `select ${keyOf} as key, count(*) over ()::text as rows from ${stage} s
      where firedrill_missing and not exists (select 1 from ${table} t where ${match}) order by 1 limit ${named}`,
  );
  const out = kept[0] === undefined ? 0 : Number(textColumn(kept[0], 'rows'));
  return {
    inserted: Number(textColumn(put, 'rows')),
    kept: Number(textColumn(counted, 'kept')),
    conflicting: Number(textColumn(counted, 'different')) + out,
    conflicts: [...different, ...kept].slice(0, named).map((one) => one['key'] ?? null),
  };
}

export async function primaryKey(target: Session, table: string): Promise<string[]> {
  const rows = await target.query(
    `select a.attname::text as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where i.indrelid = $1::regclass and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)`,
    [table],
  );
  if (rows.length > 0) return rows.map((row) => textColumn(row, 'name'));
  throw new Failure(
    'refused',
    `${table} has no primary key, so it cannot be told which of its rows are missing`,
    {
      hint: 'Give it a primary key first, or replace the whole table.',
    },
  );
}

async function requireNoRule(target: Session, table: string): Promise<void> {
  const [rule] = await target.query(
    `select rulename::text as name from pg_rewrite where ev_class = $1::regclass and ev_type = '3' and ev_enabled <> 'D'`,
    [table],
  );
  if (rule === undefined) return;
  throw new Failure(
    'refused',
    `the rule ${textColumn(rule, 'name')} of ${table} would rewrite what is put into it`,
    {
      hint: `Disable it meanwhile: \`alter table ${table} disable rule ${quoteName(textColumn(rule, 'name'))}\`.`,
    },
  );
}
