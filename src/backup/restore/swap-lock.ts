import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { connectTo, sqlState, type ClusterLocation, type Session } from '../../postgres/index.js';

/** Class of the advisory locks, so that nobody else's number can be ours: the first four bytes of the name, as a number. */
const lockClass = 0x66_64_72_6c;

/**
 * Runs `work` in a superuser's session beside the database, alone: nobody else swaps that database meanwhile, and what a dead
 * process left can be told from what a live one is doing. Rejects with `unavailable` when another one is at it, `refused` when the user
 * is no superuser.
 */
export async function alone<T>(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
  waitMs = 10_000,
): Promise<T> {
  const session = await openBeside(location, database);
  try {
    const [who] = await session.query('select rolsuper as super from pg_roles where rolname = current_user');
    if (who?.['super'] !== true) {
      throw new Failure(
        'refused',
        `${location.user} is no superuser, and cannot put one database in another's place`,
        {
          hint: 'Use a superuser for restores: others’ connections must be ended.',
        },
      );
    }
    const deadline = performance.now() + waitMs;
    while (!(await tryLock(session, database))) {
      // The server notices a little later than we do that a process is dead.
      if (performance.now() > deadline)
        throw new Failure('unavailable', `database ${database} is being swapped by another process`);
      await delay(50);
    }
    return await work(session);
  } finally {
    await session.end();
  }
}

async function tryLock(session: Session, database: string): Promise<boolean> {
  const [row] = await session.query('select pg_try_advisory_lock($1::int4, hashtext($2)) as got', [
    lockClass,
    database,
  ]);
  return row?.['got'] === true;
}

/** Advisory locks belong to one database: everybody who swaps this one must meet in the same. */
export async function openBeside(location: ClusterLocation, database: string): Promise<Session> {
  const options = { applicationName: 'firedrill swap' };
  if (database === 'postgres') return connectTo(location, { ...options, database: 'template1' });
  return connectTo(location, { ...options, database: 'postgres' }).catch(async (failure: unknown) => {
    if (sqlState(failure) !== '3D000') throw failure;
    return connectTo(location, { ...options, database: 'template1' });
  });
}
