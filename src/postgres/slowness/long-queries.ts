import { textColumn, textOrNull } from '../column.js';
import type { Session } from '../session.js';
import { parseSessionId, queryIdSql, sessionIdSql } from './session-id.js';

export interface LongQuery {
  /** Of this very query: see `session-id.ts`. */
  readonly id: string;
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  readonly runningMs: number;
  readonly query: string;
}

/** Clients' queries that have been running for longer than `longerThanMs`, longest first. Who waits for a lock is not running. */
export async function findLongQueries(session: Session, longerThanMs: number): Promise<LongQuery[]> {
  const rows = await session.query(
    `select ${queryIdSql} as id, a.pid, a.usename::text as user, a.application_name as application, left(a.query, 300) as query,
            round(extract(epoch from clock_timestamp() - a.query_start) * 1000)::int8 as running_ms
       from pg_stat_activity a
      where a.state = 'active' and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
        and a.datname = current_database() and a.wait_event_type is distinct from 'Lock'
        and clock_timestamp() - a.query_start > $1::float8 * interval '1 millisecond'
      order by a.query_start`,
    [longerThanMs],
  );
  return rows.map((row) => ({
    id: textColumn(row, 'id'),
    pid: Number(row['pid']),
    user: textOrNull(row, 'user') ?? '',
    application: textOrNull(row, 'application') ?? '',
    runningMs: Number(row['running_ms']),
    query: textColumn(row, 'query').replace(/\s+/g, ' ').trim(),
  }));
}

/** Ids of what these sessions are running right now; a session that runs nothing has none. */
export async function queryIdsOf(
  session: Session,
  parties: readonly { readonly id: string }[],
): Promise<string[]> {
  if (parties.length === 0) return [];
  const rows = await session.query(
    `select ${sessionIdSql} as session, ${queryIdSql} as query from pg_stat_activity a
      where a.state = 'active' and a.pid = any($1::int4[])`,
    [parties.map((one) => parseSessionId(one.id).pid)],
  );
  return rows.flatMap((row) =>
    parties.some((one) => one.id === row['session']) ? [textColumn(row, 'query')] : [],
  );
}
