import { Failure, formatDuration } from '../../base/index.js';
import { lockedTables, sqlState, type ClusterLocation, type LockedTable } from '../../postgres/index.js';

/** How long a table that somebody has for himself may keep a backup waiting, unless told. */
export const usualLockWaitMs = 60_000;
/** What a paused standby has locked stays locked: what would free it is not replayed. */
export const standbyLockWaitMs = 1000;

export interface LockWait {
  readonly location: ClusterLocation;
  readonly database: string;
  /** The limit that the session of the work was opened with. */
  readonly lockWaitMs: number;
}

/** Does work that may wait for a lock; when one is not free in time, says on which table and who has it. Rejects with `unavailable`. */
export async function namingHolders<T>(wait: LockWait, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    // lock_not_available
    throw sqlState(failure) === '55P03' ? await stayedLocked(wait) : failure;
  }
}

/** To be asked right after the wait: who has let go meanwhile is not named. */
export async function stayedLocked({ location, database, lockWaitMs }: LockWait): Promise<Failure> {
  const held = await lockedTables(location, database).catch((): LockedTable[] => []);
  const by = held.length === 0 ? '' : `: ${held.map(inWords).join(', ')}`;
  return new Failure(
    'unavailable',
    `tables of database ${database} stayed locked for ${formatDuration(lockWaitMs)}${by}`,
    { hint: hintFor(held) },
  );
}

function inWords({ table, pid, application, user, since, queued }: LockedTable): string {
  const begun = since === null ? '' : `, since ${since}`;
  if (pid === null) return `${table} by a prepared transaction`;
  const named = application === '' ? '' : ` ${application}`;
  const who = `process ${pid} (${user === '' ? 'the server' : user}${named}${begun})`;
  return queued ? `${table}, which ${who} waits for` : `${table} by ${who}`;
}

function hintFor(held: readonly LockedTable[]): string {
  const [first] = held;
  if (first === undefined)
    return 'Nobody has them now: take the backup again, at another time than tables are altered.';
  if (first.pid === null)
    return 'See whose it is with `select * from pg_prepared_xacts`, end it with `commit prepared` or `rollback prepared`, then take the backup again.';
  return `See what it does with \`select * from pg_stat_activity where pid = ${first.pid}\`; wait until it has ended, or end it with \`select pg_terminate_backend(${first.pid})\`, then take the backup again.`;
}
