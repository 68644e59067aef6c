import { Failure } from '../base/index.js';
import { textColumn } from './column.js';
import { copyIn, copyOut } from './copy-stream.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';

/** The columns to copy; generated ones compute themselves. Rejects when the two sides are not the same table. */
export async function sameColumns(source: Session, target: Session, table: string): Promise<string[]> {
  const sql = `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type, a.attgenerated <> '' as generated
      from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`;
  const [was, is] = [await source.query(sql, [table]), await target.query(sql, [table])];
  if (was.length === 0 || JSON.stringify(was) !== JSON.stringify(is)) {
    throw new Failure('refused', `${table} has other columns on the side instance than on the target`);
  }
  return is.filter((row) => row['generated'] !== true).map((row) => textColumn(row, 'name'));
}

export interface UserTrigger {
  readonly name: string;
  /** How it is to be enabled again. */
  readonly enable: string;
}

/** Triggers of people, that fire; those of foreign keys are the server's own. */
export async function userTriggers(target: Session, table: string): Promise<UserTrigger[]> {
  const rows = await target.query(
    `select tgname::text as name, case tgenabled when 'O' then 'enable' when 'R' then 'enable replica' else 'enable always' end as enable
       from pg_trigger where tgrelid = $1::regclass and not tgisinternal and tgenabled <> 'D' order by 1`,
    [table],
  );
  return rows.map((row) => ({ name: textColumn(row, 'name'), enable: textColumn(row, 'enable') }));
}

/** Streams what a query gives on one connection into a table on another. Binary, unless types may have other numbers there. */
export async function pump(
  from: Parameters<typeof copyOut>[0],
  into: Parameters<typeof copyIn>[0],
  copy: {
    readonly source: string;
    readonly table: string;
    readonly columns: readonly string[];
    readonly format?: 'binary' | 'text';
  },
): Promise<number> {
  const list = copy.columns.map(quoteName).join(', ');
  const how = `(format ${copy.format ?? 'binary'})`;
  const source = copyOut(from, `copy (select ${list} from ${copy.source}) to stdout ${how}`);
  return copyIn(into, `copy ${copy.table} (${list}) from stdin ${how}`, source);
}
