import { Failure } from '../../base/index.js';
import { textColumn, textOrNull } from '../column.js';
import { quoteName } from '../quote.js';
import type { Session } from '../session.js';

/** A table as SQL names it, and whether autovacuum was switched off for it. */
export interface AskedTable {
  readonly name: string;
  readonly autovacuumOff: boolean;
}

/** In SQL, of a row `c` of pg_class: whether nobody will clean and analyse it by itself. */
export const autovacuumIsOff = `coalesce((select bool_or(not option_value::bool) from pg_options_to_table(c.reloptions)
                       where option_name = 'autovacuum_enabled'), false)`;

/** Rejects with `invalid` for what is no table. */
export async function askTable(session: Session, table: string): Promise<AskedTable> {
  const [row] = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name, array_to_string(c.reloptions, ',') as options
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1) and c.relkind in ('r', 'm')`,
    [table],
  );
  if (row === undefined) throw new Failure('invalid', `there is no table ${table}`);
  const options = textOrNull(row, 'options') ?? '';
  return {
    name: textColumn(row, 'name'),
    autovacuumOff: /\bautovacuum_enabled=(false|off|no|0)\b/.test(options),
  };
}

/** Gives a table back to autovacuum that was taken from it; whether it had been. */
export async function handBack(session: Session, { name, autovacuumOff }: AskedTable): Promise<boolean> {
  if (autovacuumOff) await session.query(`alter table ${name} reset (${quoteName('autovacuum_enabled')})`);
  return autovacuumOff;
}
