import { Failure } from '../../base/index.js';

/**
 * Names one session of a server, or one query or transaction of it, for good: process ids are reused within seconds on a busy server, and
 * a pooled session goes on with somebody else's work. Written as `pid@start of the session`, for a query `pid@start of the session/start
 * of the query`, for a transaction `pid@start of the session~start of the transaction`, times as the server prints them in UTC.
 */
export interface SessionId {
  readonly pid: number;
  readonly startedAt: string;
  /** Null, as the next: the session, whatever it does. */
  readonly queryStartedAt: string | null;
  readonly transactionStartedAt: string | null;
}

const time = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** SQL of the id of a row of pg_stat_activity that is called `a`. */
export const sessionIdSql = `a.pid || '@' || ${time('a.backend_start')}`;
export const queryIdSql = `${sessionIdSql} || '/' || ${time('a.query_start')}`;
export const transactionIdSql = `${sessionIdSql} || '~' || ${time('a.xact_start')}`;

/** SQL that is true for the very session, query or transaction that the parameters `$1` to `$4` name. */
export const isSessionSql = `a.pid = $1::int4 and ${time('a.backend_start')} = $2
  and ($3::text is null or (a.state = 'active' and ${time('a.query_start')} = $3))
  and ($4::text is null or ${time('a.xact_start')} = $4)`;

/** The parameters of `isSessionSql`. */
export const sessionIdValues = (id: SessionId): readonly (number | string | null)[] => [
  id.pid,
  id.startedAt,
  id.queryStartedAt,
  id.transactionStartedAt,
];

export function parseSessionId(text: string): SessionId {
  const [, pid, startedAt, mark, at = null] =
    /^(\d+)@([0-9T:.Z-]+)(?:([/~])([0-9T:.Z-]+))?$/.exec(text) ?? [];
  if (pid === undefined || startedAt === undefined)
    throw new Failure('invalid', `"${text}" names no session of a server as pid@start`);
  return {
    pid: Number(pid),
    startedAt,
    queryStartedAt: mark === '/' ? at : null,
    transactionStartedAt: mark === '~' ? at : null,
  };
}
