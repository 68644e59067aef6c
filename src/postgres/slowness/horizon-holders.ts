import { textColumn, textOrNull } from '../column.js';
import type { Session } from '../session.js';
import { sessionIdSql } from './session-id.js';

/** A session for whose sake rows that are gone for everybody else are still kept. */
export interface HorizonHolder {
  readonly id: string;
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  /** As in pg_stat_activity: `active`, `idle in transaction`, … */
  readonly state: string;
  /** Since its transaction began. */
  readonly openMs: number;
  readonly query: string;
}

export interface HorizonHolders {
  /** Longest first. */
  readonly sessions: readonly HorizonHolder[];
  /** What is no session and holds back as well: prepared transactions, replication slots, standbys; in words. */
  readonly others: readonly string[];
}

/** A transaction of less than this is the ordinary life of a database. */
const longMs = 5000;

/** Who keeps dead rows from being removed: VACUUM removes nothing that the oldest open snapshot may still see. */
export async function findHorizonHolders(session: Session): Promise<HorizonHolders> {
  const rows = await session.query(
    `select ${sessionIdSql} as id, a.pid, a.usename::text as user, a.application_name as application, a.state,
            round(extract(epoch from clock_timestamp() - a.xact_start) * 1000)::int8 as open_ms, left(a.query, 300) as query
       from pg_stat_activity a
      where (a.backend_xmin is not null or a.backend_xid is not null) and a.backend_type = 'client backend'
        and a.datname = current_database() and a.pid <> pg_backend_pid()
        and clock_timestamp() - a.xact_start > $1::float8 * interval '1 millisecond'
      order by a.xact_start`,
    [longMs],
  );
  const others = await session.query(othersSql, [longMs]);
  return {
    sessions: rows.map((row) => ({
      id: textColumn(row, 'id'),
      pid: Number(row['pid']),
      user: textOrNull(row, 'user') ?? '',
      application: textOrNull(row, 'application') ?? '',
      state: textColumn(row, 'state'),
      openMs: Number(row['open_ms']),
      query: textColumn(row, 'query').replace(/\s+/g, ' ').trim(),
    })),
    others: others.map((row) => textColumn(row, 'said')),
  };
}

export function sayHolder({ pid, user, application, state, openMs, query }: HorizonHolder): string {
  return `${pid} ${user} (${application}): a transaction open for ${(openMs / 1000).toFixed(1)} s, ${state}, keeps dead rows from removal: ${query}`;
}

const othersSql = `
  select 'prepared transaction ' || quote_literal(gid) || ' of ' || owner || ' since ' || prepared as said from pg_prepared_xacts
   where database = current_database() and clock_timestamp() - prepared > $1::float8 * interval '1 millisecond'
  union all
  select 'replication slot ' || slot_name || ' holds ' || age(xmin) || ' transactions back' from pg_replication_slots where xmin is not null
  union all
  select 'standby ' || application_name || ' holds ' || age(backend_xmin) || ' transactions back (hot_standby_feedback)'
    from pg_stat_replication where backend_xmin is not null and age(backend_xmin) > 0`;
