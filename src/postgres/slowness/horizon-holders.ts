import { textColumn, textOrNull } from '../column.js';
import type { Row, Session } from '../session.js';
import { isBackup } from './backup-sessions.js';
import { transactionIdSql } from './session-id.js';

/** A session for whose sake rows that are gone for everybody else are still kept. */
export interface HorizonHolder {
  /** Of this very transaction: see `session-id.ts`. */
  readonly id: string;
  /** Only what idles in its transaction may be ended; who is at work goes on, and a backup is waited for. */
  readonly kind: 'idle' | 'active' | 'backup';
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
  /** What is no session and holds back, or may hold back, as well: prepared transactions, replication slots, standbys; in words. */
  readonly others: readonly string[];
}

/** A transaction of less than this is the ordinary life of a database. */
const longMs = 5000;
/** A slot or a standby that is so little behind, in transactions, keeps up. */
const behind = 1000;

/** Who keeps dead rows from being removed: VACUUM removes nothing that the oldest open snapshot may still see. */
export async function findHorizonHolders(session: Session): Promise<HorizonHolders> {
  const rows = await session.query(
    `select ${transactionIdSql} as id, a.pid, a.usename::text as user, a.application_name as application, a.state,
            round(extract(epoch from clock_timestamp() - a.xact_start) * 1000)::int8 as open_ms, left(a.query, 300) as query
       from pg_stat_activity a
      where (a.backend_xmin is not null or a.backend_xid is not null) and a.backend_type = 'client backend'
        and a.datname = current_database() and a.pid <> pg_backend_pid()
        and clock_timestamp() - a.xact_start > $1::float8 * interval '1 millisecond'
      order by a.xact_start`,
    [longMs],
  );
  const others = await session.query(othersSql, [longMs, behind]);
  return {
    sessions: rows.map(holderOf),
    others: others.map((row) => textColumn(row, 'said')),
  };
}

function holderOf(row: Row): HorizonHolder {
  const application = textOrNull(row, 'application') ?? '';
  const state = textColumn(row, 'state');
  const idle = state.startsWith('idle in transaction');
  return {
    id: textColumn(row, 'id'),
    kind: isBackup(application) ? 'backup' : idle ? 'idle' : 'active',
    pid: Number(row['pid']),
    user: textOrNull(row, 'user') ?? '',
    application,
    state,
    openMs: Number(row['open_ms']),
    query: textColumn(row, 'query').replace(/\s+/g, ' ').trim(),
  };
}

const notes = { idle: '', active: ' (at work: not to be ended)', backup: ' (a backup: wait for it)' };

export function sayHolder({ kind, pid, user, application, state, openMs, query }: HorizonHolder): string {
  return `${pid} ${user} (${application}): a transaction open for ${(openMs / 1000).toFixed(1)} s, ${state}, keeps dead rows from removal${notes[kind]}: ${query}`;
}

/** A slot or a standby is named only where it is further behind than every session: ending those would change nothing. */
const othersSql = `
  with sessions as (
    select coalesce(max(greatest(age(backend_xmin), age(backend_xid))), 0) as held from pg_stat_activity
     where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()
  )
  select 'prepared transaction ' || quote_literal(gid) || ' of ' || owner || ' since ' || prepared || ' keeps dead rows' as said
    from pg_prepared_xacts
   where database = current_database() and clock_timestamp() - prepared > $1::float8 * interval '1 millisecond'
  union all
  select 'replication slot ' || slot_name || ' may keep dead rows: it is ' || age(xmin) || ' transactions behind'
    from pg_replication_slots, sessions where xmin is not null and age(xmin) > greatest($2::int4, held)
  union all
  select 'standby ' || application_name || ' may keep dead rows: it is ' || age(backend_xmin) || ' transactions behind (hot_standby_feedback)'
    from pg_stat_replication, sessions where backend_xmin is not null and age(backend_xmin) > greatest($2::int4, held)`;
