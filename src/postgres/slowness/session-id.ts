import { Failure } from '../../base/index.js';

/**
 * Names one session of a server, or one query of it, for good: process ids are reused within seconds on a busy server. Written as
 * `pid@start of the session`, and for a query `pid@start of the session/start of the query`, times as the server prints them in UTC.
 */
export interface SessionId {
  readonly pid: number;
  readonly startedAt: string;
  /** Null: the session, whatever it does. */
  readonly queryStartedAt: string | null;
}

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** SQL of the id of a row of pg_stat_activity that is called `a`. */
export const sessionIdSql = `a.pid || '@' || ${time('a.backend_start')}`;
export const queryIdSql = `${sessionIdSql} || '/' || ${time('a.query_start')}`;

/** SQL that is true for the very session, or query, that the parameters `$1` to `$3` name. */
export const isSessionSql = `a.pid = $1::int4 and ${time('a.backend_start')} = $2
  and ($3::text is null or (a.state = 'active' and ${time('a.query_start')} = $3))`;

export function parseSessionId(text: string): SessionId {
  const [, pid, startedAt, queryStartedAt] = /^(\d+)@([0-9T:.Z-]+)(?:\/([0-9T:.Z-]+))?$/.exec(text) ?? [];
  if (pid === undefined || startedAt === undefined)
    throw new Failure('invalid', `"${text}" names no session of a server as pid@start`);
  return { pid: Number(pid), startedAt, queryStartedAt: queryStartedAt ?? null };
}
