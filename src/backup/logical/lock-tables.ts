import { Failure } from '../../base/index.js';
import { sqlState, textColumn, type Session } from '../../postgres/index.js';
import { stayedLocked, type LockWait } from '../expectation/stayed-locked.js';

/** A statement of a reasonable length; a server takes far longer ones. */
const namesAtOnce = 500;
const attempts = 3;

/**
 * Begins a transaction that keeps every table of the database as it is: locked, as a dump locks them, before its snapshot exists.
 * A table that is emptied or rewritten between a snapshot and the lock would be read as empty by whoever comes after. Rejects
 * with `unavailable`, naming who holds which table, when a lock is not free in time.
 */
export async function beginWithLocks(session: Session, wait: LockWait, signal?: AbortSignal): Promise<void> {
  const cut = () => void session.end();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    await begin(session, wait);
  } catch (failure) {
    if (signal?.aborted === true) throw new Failure('cancelled', 'waiting for tables was cancelled');
    throw failure;
  } finally {
    signal?.removeEventListener('abort', cut);
  }
}

async function begin(session: Session, wait: LockWait): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const names = await lockable(session);
    await session.query(
      `begin isolation level repeatable read read only; set local lock_timeout = ${Math.round(wait.lockWaitMs)}`,
    );
    try {
      for (let at = 0; at < names.length; at += namesAtOnce) {
        const some = names.slice(at, at + namesAtOnce);
        await session.query(
          `lock table ${some.map((name) => `only ${name}`).join(', ')} in access share mode`,
        );
      }
      return;
    } catch (failure) {
      await session.query('rollback');
      // A table that was dropped since its name was read: the list is read anew.
      if (['42P01', '3F000'].includes(sqlState(failure) ?? '') && attempt < attempts) continue;
      if (sqlState(failure) !== '55P03') throw failure;
      throw await stayedLocked(wait);
    }
  }
}

async function lockable(session: Session): Promise<string[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      order by c.oid`,
  );
  return rows.map((row) => textColumn(row, 'name'));
}
