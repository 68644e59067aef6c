import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { sqlState, textColumn, type Session } from '../../postgres/index.js';
import type { FailedRead } from '../ground-truth.js';

/** How long pages may be served from the server's memory before it is said that nothing failed. */
const patienceMs = 20_000;

/** Tables of users, the largest first: what does not fit into the cache has to be read. Asked before anything is damaged. */
export async function tablesToRead(session: Session): Promise<string[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and pg_relation_size(c.oid) > 0
      order by pg_relation_size(c.oid) desc`,
  );
  // From the heap: an index alone may lie in memory.
  await session.query(
    'set enable_indexonlyscan = off; set enable_indexscan = off; set enable_bitmapscan = off',
  );
  return rows.map((row) => textColumn(row, 'name'));
}

/** Reads the tables until the server says that it cannot. Rejects with `check` when it goes on answering. */
export async function firstFailedRead(session: Session, tables: readonly string[]): Promise<FailedRead> {
  for (const deadline = performance.now() + patienceMs; ;) {
    for (const table of tables) {
      try {
        await session.query(`select count(*) from only ${table}`);
      } catch (error) {
        const state = sqlState(error);
        // Class XX: the server met what it cannot read, in the table or in its own catalogue.
        if (error instanceof Failure && state?.startsWith('XX') === true)
          return { at: new Date().toISOString(), sqlState: state, message: error.message };
        throw error;
      }
    }
    if (performance.now() > deadline)
      throw new Failure('check', 'every table can still be read: the server serves all of it from memory');
    await delay(100);
  }
}
