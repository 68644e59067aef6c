import type { ClusterLocation } from './cluster-location.js';
import { textColumn, textOrNull } from './column.js';
import { withSession } from './with-session.js';

/** A table that cannot be read now, because somebody has it, or is first in line for it, for himself. */
export interface LockedTable {
  readonly table: string;
  /** Null: a prepared transaction, which no process holds. */
  readonly pid: number | null;
  readonly application: string;
  readonly user: string;
  /** When its transaction began, by the server's clock, ISO 8601; null where that is not known. */
  readonly since: string | null;
  /** It waits itself for those who read the table, and holds up everybody after it. */
  readonly queued: boolean;
}

/** Tables of the location's database that nobody can read now, those that are held before those that are waited for. */
export async function lockedTables(
  location: ClusterLocation,
  database = location.database,
): Promise<LockedTable[]> {
  return withSession(
    location,
    { database, applicationName: 'firedrill locks', readOnly: true, lockTimeoutMs: 1000 },
    async (session) => {
      const rows = await session.query(
        `select format('%I.%I', n.nspname, c.relname) as name, l.pid, coalesce(nullif(a.application_name, ''), a.backend_type, '') as application,
                coalesce(a.usename::text, '') as owner, not l.granted as queued,
                to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
           from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
           left join pg_stat_activity a on a.pid = l.pid
          where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and c.relkind in ('r', 'p', 'm', 'v', 'i', 'S')
            and l.database = (select oid from pg_database where datname = current_database())
            and n.nspname !~ '^pg_' and l.pid is distinct from pg_backend_pid()
          order by l.granted desc, c.relkind in ('r', 'p') desc, 1 limit 5`,
      );
      return rows.map((row) => ({
        table: textColumn(row, 'name'),
        pid: row['pid'] === null ? null : Number(row['pid']),
        application: textColumn(row, 'application'),
        user: textColumn(row, 'owner'),
        since: textOrNull(row, 'since'),
        queued: row['queued'] === true,
      }));
    },
  );
}
