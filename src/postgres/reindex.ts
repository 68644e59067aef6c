import { Failure } from '../base/index.js';
import { textColumn } from './column.js';
import { sqlState } from './query-failure.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';
import { runStoppable, type StatementStop } from './stoppable-statement.js';

interface IndexName {
  readonly schema: string;
  readonly name: string;
}

/**
 * Rebuilds indexes, each named as in SQL. Not concurrently unless told: a damaged index serves nobody, and the plain form
 * cannot leave a half-built one behind. `durationMs` by our own clock. Rejects with `cancelled` when `stop` comes: nothing goes on at the
 * server then.
 */
export async function reindex(
  session: Session,
  indexes: readonly IndexName[],
  options: { readonly concurrently?: boolean; readonly stop?: StatementStop } = {},
): Promise<{ readonly rebuilt: readonly string[]; readonly durationMs: number }> {
  const startedAt = performance.now();
  const rebuilt: string[] = [];
  for (const index of indexes) {
    const sql = `${quoteName(index.schema)}.${quoteName(index.name)}`;
    if (options.concurrently === true) await reindexConcurrently(session, index, sql, options.stop);
    else await runStoppable(session, `reindex index ${sql}`, options.stop);
    rebuilt.push(`${index.schema}.${index.name}`);
  }
  return { rebuilt, durationMs: performance.now() - startedAt };
}

/** Clients go on; a snapshot older than the rebuilding is waited for, 30 s long. What an attempt leaves half-built is dropped. */
async function reindexConcurrently(
  session: Session,
  index: IndexName,
  sql: string,
  stop?: StatementStop,
): Promise<void> {
  await session.query(`set lock_timeout = '30s'`);
  await dropHalfBuilt(session, index);
  try {
    await runStoppable(session, `reindex index concurrently ${sql}`, stop);
  } catch (failure) {
    // Left for the next attempt where the connection is gone, or where who was in the way still is.
    await session.query(`set lock_timeout = '5s'`).catch(() => undefined);
    await dropHalfBuilt(session, index).catch(() => undefined);
    if (!(failure instanceof Failure) || sqlState(failure) !== '55P03') throw failure;
    throw new Failure(failure.reason, `index ${sql} was not rebuilt: ${failure.message}`, {
      hint: 'An open transaction is in the way: find who holds it, and try again.',
    });
  }
}

/** The server names them after the index: `_ccnew` is not valid yet, `_ccold` not any more; a long name is cut (ref/reindex.sgml). */
async function dropHalfBuilt(session: Session, { schema, name }: IndexName): Promise<void> {
  const rows = await session.query(
    `with half as (
       select format('%I.%I', n.nspname, c.relname) as name, regexp_replace(c.relname, '_cc(new|old)[0-9]*$', '') as of,
              octet_length(c.relname) = 63 as cut
         from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
        where not i.indisvalid and n.nspname = $1 and c.relname ~ '_cc(new|old)[0-9]*$'
          and i.indrelid = (select indrelid from pg_index where indexrelid = format('%I.%I', $1::text, $2::text)::regclass))
     select name from half where of = $2::text or (cut and starts_with($2::text, of))`,
    [schema, name],
  );
  for (const row of rows) await session.query(`drop index concurrently ${textColumn(row, 'name')}`);
}
