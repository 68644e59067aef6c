import { textColumn, textOrNull } from '../column.js';
import type { Session } from '../session.js';
import { runStoppable, type StatementStop } from '../stoppable-statement.js';
import { askTable, autovacuumIsOff, handBack } from './autovacuum.js';

export interface StaleTable {
  /** As schema.name, quoted where SQL needs it. */
  readonly table: string;
  readonly rows: number;
  readonly changedSince: number;
  /** When the planner last learnt about it (UTC); null: never. */
  readonly analyzedAt: string | null;
  /** Nobody will analyse it by itself. */
  readonly autovacuumOff: boolean;
}

/** Autovacuum analyses at a tenth: what is beyond a fifth it has not come to, or was told to leave alone. */
const staleShare = 0.2;
const fewRows = 1000;

/** Tables of which the planner knows too little: a fifth of their rows (and a thousand at least) changed since it last looked. */
export async function findStaleStatistics(session: Session): Promise<StaleTable[]> {
  const rows = await session.query(
    `select format('%I.%I', s.schemaname, s.relname) as table, s.n_live_tup as rows, s.n_mod_since_analyze as changed,
            to_char(greatest(s.last_analyze, s.last_autoanalyze) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as analyzed,
            ${autovacuumIsOff} as off
       from pg_stat_user_tables s join pg_class c on c.oid = s.relid
      where s.n_mod_since_analyze >= greatest($1::float8, $2::float8 * s.n_live_tup)
      order by s.n_mod_since_analyze desc`,
    [fewRows, staleShare],
  );
  return rows.map((row) => ({
    table: textColumn(row, 'table'),
    rows: Number(row['rows']),
    changedSince: Number(row['changed']),
    analyzedAt: textOrNull(row, 'analyzed'),
    autovacuumOff: row['off'] === true,
  }));
}

/**
 * Has the planner look at these tables again, and gives back to autovacuum those that were taken from it. Waits for no lock longer
 * than 5 s: then rejects with `timeout`; with `cancelled` when `stop` comes.
 */
export async function analyzeTables(
  session: Session,
  tables: readonly string[],
  stop?: StatementStop,
): Promise<{ readonly analyzed: readonly string[]; readonly handedBack: readonly string[] }> {
  await session.query(`set lock_timeout = '5s'`);
  const handedBack: string[] = [];
  for (const table of tables) {
    const asked = await askTable(session, table);
    await runStoppable(session, `analyze ${asked.name}`, stop);
    if (await handBack(session, asked)) handedBack.push(asked.name);
  }
  return { analyzed: tables, handedBack };
}
