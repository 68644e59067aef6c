import { Failure } from '../../base/index.js';
import {
  connectTo,
  textColumn,
  type ClusterLocation,
  type ConnectOptions,
  type Session,
} from '../../postgres/index.js';
import type { Progress } from '../progress.js';
import { progressMeter, type Meter } from '../set/progress-meter.js';
import { pauseReplay } from './exact-pause.js';
import { waitForReplay } from './exact-standby.js';
import type { ContentExpectation, DatabaseExpectation } from './expectation.js';
import { hashBeside, type TableToHash } from './hash-beside.js';
import { namingHolders, standbyLockWaitMs } from './stayed-locked.js';
import { readStructure, type StructureRead } from './structure.js';

export interface ExactRequest {
  /** Replays what the primary writes; must have been looked at with `standbyProblem`. */
  readonly standby: ClusterLocation;
  /** End of the backup, and the timeline it was taken on: nothing before it can be restored to. */
  readonly after: { readonly lsn: string; readonly timeline: number };
  /** How far behind the standby may be; 30 s unless told. */
  readonly maxLagMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

export interface ExactExpectation {
  readonly content: ContentExpectation;
  readonly structure: StructureRead;
  /** A restore that stops here, exclusively, holds exactly this. */
  readonly lsn: string;
}

/**
 * Reads every row of every table, and the structure, from a standby whose replay is paused at one place in the log. The standby
 * goes on in any case, even if this process is killed: see `pauseReplay`. Rejects with `unavailable` or `timeout` when the standby
 * cannot serve, with `check` when it did not stand still.
 */
export async function takeExactExpectation(request: ExactRequest): Promise<ExactExpectation> {
  const { standby, after, signal, progress } = request;
  await waitForReplay(standby, { ...after, withinMs: request.maxLagMs ?? 30_000 }, signal);
  const startedAt = performance.now();
  const paused = await pauseReplay(standby, { signal });
  let read: Pick<ContentExpectation, 'databases' | 'source'>;
  let structure: StructureRead;
  try {
    structure = await readStructure(standby, { lockWaitMs: standbyLockWaitMs, signal });
    read = await readContent(standby, signal, progressMeter(progress, 'reading content on the standby'));
  } catch (failure) {
    await paused.resume();
    throw failure;
  }
  const { heldStill } = await paused.resume();
  if (!heldStill)
    throw new Failure('check', `the standby ${standby.host}:${standby.port} went on while it was being read`);
  return {
    lsn: paused.lsn,
    structure,
    content: {
      ...read,
      kind: 'exact',
      hashMethod: 'record',
      durationMs: Math.round(performance.now() - startedAt),
    },
  };
}

async function readContent(
  standby: ClusterLocation,
  signal: AbortSignal | undefined,
  meter: Meter,
): Promise<Pick<ContentExpectation, 'databases' | 'source'>> {
  const databases: { [database: string]: DatabaseExpectation } = {};
  const rows = await inSession(standby, standby.database, async (session) =>
    session.query(
      `select datname::text as name, datallowconn and datconnlimit <> -2 as open from pg_database where datname <> 'template0' order by 1`,
    ),
  );
  const closed: string[] = [];
  for (const row of rows) {
    const name = textColumn(row, 'name');
    if (row['open'] === true) databases[name] = await readDatabase(standby, name, signal, meter);
    else closed.push(name);
  }
  const left = closed.length === 0 ? '' : `; not of ${closed.join(', ')}, which takes no connections`;
  return {
    databases,
    source: `row counts and content hashes of every table of every database, and structure, read from the standby ${standby.host}:${standby.port} while its replay was paused${left}`,
  };
}

async function readDatabase(
  standby: ClusterLocation,
  database: string,
  signal: AbortSignal | undefined,
  meter: Meter,
): Promise<DatabaseExpectation> {
  // Large tables are read by parallel workers as well; two sessions keep the small ones moving.
  const sessions = await open(standby, database, 2);
  try {
    const wait = { location: standby, database, lockWaitMs: standbyLockWaitMs };
    return await namingHolders(wait, async () => {
      const { tables, uncovered } = await inSession(standby, database, listContent);
      for (const session of sessions) await session.query('begin isolation level repeatable read read only');
      const hashes = await hashBeside(sessions, tables, { signal, onTable: (table) => meter(table.bytes) });
      return {
        tables: tables.map(({ table }) => hashes.get(table) ?? { table, rows: 0, hash: '0' }),
        uncovered,
      };
    });
  } finally {
    await Promise.all(sessions.map(async (session) => session.end()));
  }
}

async function listContent(
  session: Session,
): Promise<{ tables: TableToHash[]; uncovered: DatabaseExpectation['uncovered'] }> {
  const rows = await session.query(`
    select format('%I.%I', n.nspname, c.relname) as table, case when w.why is null then pg_relation_size(c.oid) else 0 end as bytes, w.why
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     cross join lateral (select case when c.relpersistence = 'u' then 'it is unlogged and comes back empty'
                                     when c.relpersistence = 't' then 'it is temporary and goes with its session'
                                     when c.relkind = 'f' then 'its rows lie on another server'
                                     when not c.relispopulated then 'it has not been filled' end as why) w
     where c.relkind in ('r', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`);
  const tables: TableToHash[] = [];
  const uncovered: { table: string; why: string }[] = [];
  for (const row of rows) {
    const table = textColumn(row, 'table');
    if (typeof row['why'] === 'string') uncovered.push({ table, why: row['why'] });
    else tables.push({ table, bytes: Number(row['bytes']) });
  }
  return { tables, uncovered };
}

const reading = (database: string): ConnectOptions => ({
  ...{ database, applicationName: 'firedrill expectation', mayIdle: true, lockTimeoutMs: standbyLockWaitMs },
});

async function inSession<T>(
  standby: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connectTo(standby, reading(database));
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

async function open(standby: ClusterLocation, database: string, count: number): Promise<Session[]> {
  const sessions: Session[] = [];
  try {
    while (sessions.length < count) {
      const session = await connectTo(standby, reading(database));
      sessions.push(session);
      // A read that nobody waits for any more would hold up the replay.
      await session.query(
        `select set_config(name, '1s', false) from pg_settings where name = 'client_connection_check_interval'`,
      );
    }
    return sessions;
  } catch (failure) {
    for (const session of sessions) await session.end();
    throw failure;
  }
}
