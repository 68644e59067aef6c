import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/index.js';
import { textColumn, textOrNull } from './column.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';

/** Somebody who was in the database. */
export interface Connected {
  readonly pid: number;
  /** Null for the server's own workers. */
  readonly user: string | null;
  readonly application: string;
  /** As in pg_stat_activity: `client backend`, `walsender`, `autovacuum worker`. */
  readonly kind: string;
}

export interface ClosedDatabase {
  readonly ended: readonly Connected[];
  /** What no terminating ends: prepared transactions, replication slots. In words. */
  readonly stays: readonly string[];
  readonly durationMs: number;
  /** Takes connections again, if it did before. Safe to call twice. */
  reopen(): Promise<void>;
}

/**
 * Closes a database to new connections, superusers' too, and only then ends those that are there. When it resolves nobody is in it
 * and nobody can get in. The session must be a superuser's, outside a transaction, and in another database. Rejects with `timeout`
 * and the names of who is left after `timeoutMs` (30 s), with `cancelled`, `invalid`; the database then takes connections again.
 */
export async function endConnections(
  session: Session,
  database: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<ClosedDatabase> {
  const startedAt = performance.now();
  const deadline = startedAt + (options.timeoutMs ?? 30_000);
  const wasOpen = await requireOther(session, database);
  const allow = async (open: boolean) =>
    session.query(`alter database ${quoteName(database)} with allow_connections ${open}`);
  const reopen = async (): Promise<void> => {
    if (wasOpen) await allow(true);
  };
  await allow(false);
  const ended = new Map<number, Connected>();
  try {
    for (;;) {
      const inside = await whoIsIn(session, database);
      if (inside.length === 0) break;
      if (options.signal?.aborted === true)
        throw new Failure('cancelled', `ending the connections to ${database} was cancelled`);
      if (performance.now() > deadline) throw stillThere(database, inside, startedAt);
      for (const one of inside) ended.set(one.pid, { ...ended.get(one.pid), ...one });
      await session.query('select pg_terminate_backend(pid) from unnest($1::int4[]) pid', [
        inside.map((one) => one.pid),
      ]);
      await delay(10);
    }
    const stays = await whatStays(session, database);
    return { ended: [...ended.values()], stays, durationMs: performance.now() - startedAt, reopen };
  } catch (failure) {
    await reopen();
    throw failure;
  }
}

/** Prepared transactions and replication slots: a database cannot be renamed or dropped with them. */
export async function whatStays(session: Session, database: string): Promise<string[]> {
  const rows = await session.query(
    `select 'prepared transaction ' || quote_literal(gid) || ' of ' || owner as what from pg_prepared_xacts where database = $1
     union all select 'replication slot ' || slot_name from pg_replication_slots where database = $1 order by 1`,
    [database],
  );
  return rows.map((row) => textColumn(row, 'what'));
}

/** Whether it takes connections now. */
async function requireOther(session: Session, database: string): Promise<boolean> {
  const [row] = await session.query(
    'select datallowconn as open, datname = current_database() as own from pg_database where datname = $1',
    [database],
  );
  if (row === undefined) throw new Failure('invalid', `there is no database ${database}`);
  if (row['own'] === true)
    throw new Failure('invalid', `connections to ${database} cannot be ended from inside it`);
  return row['open'] === true;
}

/**
 * A connection that is being made locks the database until it shows in pg_stat_activity, and reads whether it may come in after it
 * has that lock. So whoever got past the door before it was closed is in the locks, or already in the activity: in this order.
 */
async function whoIsIn(session: Session, database: string): Promise<Connected[]> {
  const entering = await session.query(
    `select distinct l.pid from pg_locks l join pg_database d on d.oid = l.objid
      where l.locktype = 'object' and l.classid = 'pg_database'::regclass and d.datname = $1
        and l.mode = 'RowExclusiveLock' and l.pid <> pg_backend_pid()`,
    [database],
  );
  const inside = await session.query(
    `select pid, usename::text as user, application_name as application, backend_type as kind
       from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()`,
    [database],
  );
  const found = new Map<number, Connected>();
  for (const { pid } of entering)
    found.set(Number(pid), { pid: Number(pid), user: null, application: '', kind: 'being connected' });
  for (const row of inside) {
    const pid = Number(row['pid']);
    const kind = textOrNull(row, 'kind') ?? 'unknown';
    found.set(pid, {
      pid,
      user: textOrNull(row, 'user'),
      application: textOrNull(row, 'application') ?? '',
      kind,
    });
  }
  return [...found.values()];
}

function stillThere(database: string, inside: readonly Connected[], startedAt: number): Failure {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const names = inside.slice(0, 10).map((one) => {
    const who =
      one.user === null ? one.kind : `${one.user}${one.application === '' ? '' : ` (${one.application})`}`;
    return `process ${one.pid} of ${who}`;
  });
  return new Failure(
    'timeout',
    `${inside.length} connections to ${database} were still there after ${seconds} s: ${names.join(', ')}`,
    {
      hint: 'A process that does not end is often waiting for a disk or a network file system; look at it with `ps -o pid,stat,wchan,cmd -p PID`.',
    },
  );
}
