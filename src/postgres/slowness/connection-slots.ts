import { textOrNull } from '../column.js';
import type { Session } from '../session.js';
import { sessionIdSql } from './session-id.js';

/** Sessions of one client: who it is by name, and how many of them do nothing. */
export interface ConnectedClient {
  readonly user: string;
  readonly application: string;
  readonly sessions: number;
  readonly idle: number;
}

export interface ConnectionSlots {
  /** Slots that clients can have; those kept back for administrators are not among them. */
  readonly slots: number;
  readonly used: number;
  readonly clients: readonly ConnectedClient[];
  /** The client that holds at least half of all slots and uses hardly any; null when there is none. */
  readonly hoarder: ConnectedClient | null;
}

export async function readConnectionSlots(session: Session): Promise<ConnectionSlots> {
  const [limits] = await session.query(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0) as slots`,
  );
  const rows = await session.query(
    `select a.usename::text as user, a.application_name as application, count(*) as sessions,
            count(*) filter (where a.state = 'idle') as idle
       from pg_stat_activity a where a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
      group by 1, 2 order by 3 desc, 1, 2`,
  );
  const clients = rows.map((row) => ({
    user: textOrNull(row, 'user') ?? '',
    application: textOrNull(row, 'application') ?? '',
    sessions: Number(row['sessions']),
    idle: Number(row['idle']),
  }));
  const slots = Number(limits?.['slots']);
  return {
    slots,
    used: clients.reduce((sum, one) => sum + one.sessions, 0),
    clients,
    hoarder: clients.find((one) => one.idle * 2 >= slots && one.idle * 10 >= one.sessions * 9) ?? null,
  };
}

/** Ids of the sessions of one client that do nothing now. */
export async function idleSessionsOf(
  session: Session,
  client: { readonly user: string; readonly application: string },
): Promise<string[]> {
  const rows = await session.query(
    `select ${sessionIdSql} as id from pg_stat_activity a
      where a.usename = $1 and a.application_name = $2 and a.state = 'idle' and a.backend_type = 'client backend'
        and a.pid <> pg_backend_pid() order by a.backend_start`,
    [client.user, client.application],
  );
  return rows.flatMap((row) => textOrNull(row, 'id') ?? []);
}
