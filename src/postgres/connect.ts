import pg from 'pg';
import type { ClusterLocation } from './cluster-location.js';
import { connectFailure } from './connect-failure.js';
import { readPassword } from './passfile.js';
import { openSession } from './open-session.js';
import type { Session } from './session.js';
import { parseValue } from './value-types.js';

export interface ConnectOptions {
  readonly database?: string;
  readonly applicationName?: string;
  /** Every transaction of the session is read only. */
  readonly readOnly?: boolean;
  /** 0, the default, means no limit. */
  readonly statementTimeoutMs?: number;
  /** How long a statement may wait for one lock; 0, the default, means no limit. */
  readonly lockTimeoutMs?: number;
  /** May idle inside a transaction, whatever limit the role or the database has for the sake of ordinary clients. */
  readonly mayIdle?: boolean;
  /** 10 s unless told. */
  readonly connectTimeoutMs?: number;
}

/** Connects over TCP with the password of the location's passfile. Rejects with `unavailable`, or `timeout` when it takes too long. */
export async function connectTo(location: ClusterLocation, options: ConnectOptions = {}): Promise<Session> {
  const client = await connectClient(location, options);
  return openSession(client);
}

/** The driver's own connection, for COPY streams; the caller ends it. */
export async function connectClient(
  location: ClusterLocation,
  options: ConnectOptions = {},
): Promise<pg.Client> {
  const password = await readPassword(location);
  const client = new pg.Client({
    host: location.host,
    port: location.port,
    user: location.user,
    database: options.database ?? location.database,
    // Never undefined or a string from elsewhere: the driver would look into PGPASSWORD and ~/.pgpass.
    password: () => password ?? '',
    application_name: options.applicationName ?? 'firedrill',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    options: settings(options),
    ssl: false,
    types: { getTypeParser: parseValue },
  });
  // A connection that breaks while idle reports here; the next query reports it to the caller.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw connectFailure(cause, location);
  }
  return client;
}

function settings(options: ConnectOptions): string {
  const given = {
    statement_timeout: String(options.statementTimeoutMs ?? 0),
    ...(options.lockTimeoutMs === undefined
      ? {}
      : { lock_timeout: String(Math.round(options.lockTimeoutMs)) }),
    ...(options.mayIdle === true ? { idle_in_transaction_session_timeout: '0' } : {}),
    timezone: 'UTC',
    datestyle: 'ISO',
    ...(options.readOnly === true ? { default_transaction_read_only: 'on' } : {}),
  };
  return Object.entries(given)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}
