import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../session.js';
import { runStoppable, type StatementStop } from '../stoppable-statement.js';
import { askTable, handBack } from './autovacuum.js';

export interface VacuumedTable {
  readonly table: string;
  /** Dead rows that somebody's snapshot, or a slot, still keeps. */
  readonly deadRows: number;
  readonly liveRows: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

export interface Vacuumed {
  readonly tables: readonly VacuumedTable[];
  /** Those that autovacuum was switched off for, and is switched on again. */
  readonly handedBack: readonly string[];
  readonly durationMs: number;
}

/**
 * Removes the dead rows of these tables and has the planner look at them, and gives them back to autovacuum; clients go on. `full` writes
 * the tables and their indexes anew instead: nobody can read or write a table meanwhile, and it needs the room for a second one. Waits
 * for no lock longer than 5 s: then rejects with `timeout`. Rejects with `invalid` for what is no table, and with `cancelled` when `stop`
 * comes: nothing goes on at the server then.
 */
export async function vacuumTables(
  session: Session,
  tables: readonly string[],
  options: { readonly full?: boolean; readonly stop?: StatementStop } = {},
): Promise<Vacuumed> {
  const startedAt = performance.now();
  await session.query(`set lock_timeout = '5s'`);
  const done: VacuumedTable[] = [];
  const handedBack: string[] = [];
  for (const table of tables) {
    const asked = await askTable(session, table);
    const beforeBytes = await sizeOf(session, asked.name);
    const how = options.full === true ? 'full, analyze' : 'analyze';
    await runStoppable(session, `vacuum (${how}) ${asked.name}`, options.stop);
    if (await handBack(session, asked)) handedBack.push(asked.name);
    const afterBytes = await sizeOf(session, asked.name);
    done.push({ table, beforeBytes, afterBytes, ...(await countedRows(session, asked.name)) });
  }
  return { tables: done, handedBack, durationMs: performance.now() - startedAt };
}

async function sizeOf(session: Session, name: string): Promise<number> {
  const [row] = await session.query('select pg_relation_size($1::regclass) as bytes', [name]);
  return Number(row?.['bytes']);
}

/** Up to version 14 the counters arrive a moment later, by way of another process. */
async function countedRows(session: Session, name: string) {
  const ask = async () => {
    const [row] = await session.query(
      `select n_live_tup as live, n_dead_tup as dead, current_setting('server_version_num')::int < 150000 as later
         from pg_stat_user_tables where relid = $1::regclass`,
      [name],
    );
    const rows = { liveRows: Number(row?.['live']), deadRows: Number(row?.['dead']) };
    return { rows, later: row?.['later'] === true };
  };
  const first = await ask();
  if (!first.later) return first.rows;
  await delay(1000);
  return (await ask()).rows;
}
