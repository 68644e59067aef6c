import type { Json } from '../base/index.js';
import { textColumn, textOrNull } from './column.js';
import { primaryKey } from './merge-missing.js';
import { quoteLiteral, quoteName } from './quote.js';
import type { Session } from './session.js';

/** What became of the rows that a bad update had overwritten. */
export interface OverwrittenRows {
  /** Still as the bad update left them: they have their old values again. */
  readonly overwritten: number;
  /** Changed since, and still with the bad value: only that was set back. */
  readonly mended: number;
  /** Have the old values already. */
  readonly kept: number;
  /** Changed since in the very columns: left as they are. Deleted since: not brought back. */
  readonly conflicting: number;
  /** Keys of those, and what stands where; the first hundred. */
  readonly conflicts: readonly Json[];
}

const named = 100;

/**
 * Sets rows back that a bad update has overwritten, from a staging table with their old values. A live row whose last change is that
 * of the bad transaction (`xids`) still holds what it wrote, and is set back in the columns that it changed. In rows changed since
 * only a value that the bad update gave every row alike is recognised and set back; whatever else differs is a conflict.
 */
export async function overwriteBad(
  target: Session,
  request: {
    readonly table: string;
    readonly stage: string;
    readonly columns: readonly string[];
    readonly xids: readonly number[];
  },
): Promise<OverwrittenRows> {
  const { table, stage, columns, xids } = request;
  const key = await primaryKey(target, table);
  const match = key.map((name) => `t.${quoteName(name)} = s.${quoteName(name)}`).join(' and ');
  await target.query(`alter table ${stage} add column firedrill_is text not null default 'deleted since'`);
  await target.query(
    `update ${stage} s set firedrill_is = case when t.xmin::text = any($1::text[]) then 'bad' else 'changed since' end
       from ${table} t where ${match}`,
    [xids.map(String)],
  );
  const bad = await learnHarm(target, { table, stage, match, columns });
  const changed = [...bad.keys()];
  const set = (names: readonly string[]) =>
    names.map((name) => `${quoteName(name)} = s.${quoteName(name)}`).join(', ');
  const overwritten =
    changed.length === 0
      ? 0
      : await countOf(
          target,
          `update ${table} t set ${set(changed)} from ${stage} s where ${match} and s.firedrill_is = 'bad'`,
        );
  // Nothing shows which columns were meant when no row is as the bad update left it: then all of them are compared.
  const compared = changed.length === 0 ? columns : changed;
  const differs = (name: string) => `not ${asRecord('t', name)} *= ${asRecord('s', name)}`;
  const different = `(${compared.map(differs).join(' or ')})`;
  const since = `s.firedrill_is = 'changed since'`;
  const kept = await countOf(
    target,
    `select 1 from ${stage} s join ${table} t on ${match} where ${since} and not ${different}`,
  );
  await target.query(`alter table ${stage} add column firedrill_mended boolean not null default false`);
  for (const [name, value] of bad) {
    if (value === undefined) continue;
    const holds = value === null ? 'is null' : `= ${quoteLiteral(value)}`;
    await target.query(
      `with done as (update ${table} t set ${set([name])} from ${stage} s
                      where ${match} and ${since} and t.${quoteName(name)}::text ${holds} and ${differs(name)} returning s.ctid as at)
       update ${stage} s set firedrill_mended = true from done where s.ctid = done.at`,
    );
  }
  const keyOf = `jsonb_build_object(${key.map((name) => `${quoteLiteral(name)}, s.${quoteName(name)}`).join(', ')})`;
  const both = `jsonb_build_object(${compared.flatMap((name) => [quoteLiteral(name), `jsonb_build_object('was', s.${quoteName(name)}, 'is', t.${quoteName(name)})`]).join(', ')})`;
  const conflict = `s.firedrill_is = 'deleted since' or (${since} and ${different})`;
  const conflicts = await target.query(
    `select jsonb_build_object('key', ${keyOf}, 'why', s.firedrill_is, 'columns', case when t is null then null else ${both} end) as conflict,
            count(*) over ()::text as rows
       from ${stage} s left join ${table} t on ${match} where ${conflict} order by ${keyOf} limit ${named}`,
  );
  const mended = await countOf(
    target,
    `select 1 from ${stage} s join ${table} t on ${match} where s.firedrill_mended and not ${different}`,
  );
  return {
    ...{ overwritten, mended, kept },
    conflicting: conflicts[0] === undefined ? 0 : Number(textColumn(conflicts[0], 'rows')),
    conflicts: conflicts.map((row) => row['conflict'] ?? null),
  };
}

/** By the bytes: some types cannot be compared otherwise, and 1.0 is not 1.00. */
function asRecord(of: 's' | 't', name: string): string {
  return `row(${of}.${quoteName(name)})::record`;
}

/**
 * Which columns the bad update changed, and, where it gave every row the same, to what, as text; undefined: to this and that. Told
 * from the rows that nobody has changed since.
 */
async function learnHarm(
  target: Session,
  of: {
    readonly table: string;
    readonly stage: string;
    readonly match: string;
    readonly columns: readonly string[];
  },
): Promise<ReadonlyMap<string, string | null | undefined>> {
  const { table, stage, match, columns } = of;
  const harm = new Map<string, string | null | undefined>();
  for (const name of columns) {
    const value = `t.${quoteName(name)}::text collate "C"`;
    const [row] = await target.query(
      `select count(*) filter (where not ${asRecord('t', name)} *= ${asRecord('s', name)}) > 0 as changed,
              count(${value}) = 0 or (count(${value}) = count(*) and min(${value}) = max(${value})) as same, min(${value}) as value
         from ${stage} s join ${table} t on ${match} where s.firedrill_is = 'bad'`,
    );
    if (row?.['changed'] === true)
      harm.set(name, row['same'] === true ? textOrNull(row, 'value') : undefined);
  }
  return harm;
}

/** Of the rows that a statement gives or changes. */
async function countOf(target: Session, sql: string): Promise<number> {
  const returning = sql.startsWith('update') ? ' returning 1' : '';
  const [row] = await target.query(
    `with done as (${sql}${returning}) select count(*)::text as rows from done`,
  );
  return Number(textColumn(row, 'rows'));
}
