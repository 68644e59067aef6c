import { quoteName, type ClusterLocation, type Session } from '../../postgres/index.js';
import { alone } from './swap-lock.js';
import { noteIn, readComment, writeComment } from './swap-note.js';

/**
 * Ends what a killed swap of this database left: its names change in one transaction, so they are either all new or all old; what
 * can be left over is a closed database with a note, and it is opened again. Returns what it did, a line each; empty when there was
 * nothing. Rejects with `unavailable` while a live process is swapping it.
 */
export async function finishSwap(location: ClusterLocation, database: string): Promise<string[]> {
  return alone(location, database, async (session) => undoUnfinished(session, database));
}

/** The same in a session that has the lock. */
export async function undoUnfinished(session: Session, database: string): Promise<string[]> {
  const note = noteIn(await readComment(session, database));
  if (note?.phase !== 'replacing' || note.database !== database) return [];
  return session.transaction(async (inside) => {
    const done: string[] = [];
    // The other one of a roll-back was closed before, and stays so: it is a database that was replaced itself.
    const others = noteIn(await readComment(inside, note.with)) === null ? [note.with] : [];
    for (const name of [database, ...others]) {
      const found = await inside.query('select datallowconn as open from pg_database where datname = $1', [
        name,
      ]);
      if (found[0] === undefined || found[0]['open'] === true) continue;
      await inside.query(`alter database ${quoteName(name)} with allow_connections true`);
      done.push(`opened ${name} again: replacing ${database} was begun at ${note.at} and never finished`);
    }
    await writeComment(inside, database, note.comment);
    if (done.length === 0)
      done.push(`replacing ${database} was begun at ${note.at}, and nothing was changed yet`);
    return done;
  });
}
