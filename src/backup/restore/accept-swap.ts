import { Failure } from '../../base/index.js';
import { quoteName, textColumn, textOrNull, type ClusterLocation } from '../../postgres/index.js';
import { stampedName } from './stamped-name.js';
import { exchange, type SwappedDatabase } from './swap-database.js';
import { alone, openBeside } from './swap-lock.js';
import { noteIn, readComment, writeNote, type SwapNote } from './swap-note.js';

/** A database that was replaced and is still there. */
export interface KeptDatabase {
  readonly name: string;
  readonly note: SwapNote;
  readonly bytes: number;
}

/** Every database of the cluster that a restore or a roll-back has replaced, oldest first. */
export async function keptDatabases(location: ClusterLocation): Promise<KeptDatabase[]> {
  const session = await openBeside(location, '');
  try {
    const rows = await session.query(
      `select datname::text as name, shobj_description(oid, 'pg_database') as comment, pg_database_size(oid)::text as bytes
         from pg_database where not datallowconn and not datistemplate`,
    );
    const kept = rows.flatMap((row): KeptDatabase[] => {
      const note = noteIn(textOrNull(row, 'comment'));
      if (note === null || note.phase === 'replacing') return [];
      return [{ name: textColumn(row, 'name'), note, bytes: Number(textColumn(row, 'bytes')) }];
    });
    return kept.sort((a, b) => (a.note.at < b.note.at ? -1 : 1));
  } finally {
    await session.end();
  }
}

/**
 * Says that the restore is good: from then on the kept database may be removed, and is, unless told to leave it to the policy.
 * `typed` is what a person typed, or the guard of an unattended run gave: the kept database's name. Rejects with `refused` when it is not.
 */
export async function acceptSwap(request: {
  readonly location: ClusterLocation;
  readonly kept: string;
  readonly typed: string;
  readonly remove?: boolean;
  /** Asked last, right before anything is changed. */
  readonly guard?: () => Promise<void>;
}): Promise<{ readonly removed: boolean }> {
  const { location, kept, typed } = request;
  if (typed !== kept)
    throw new Failure('refused', `${kept} is kept: what was typed is ${typed === '' ? 'nothing' : typed}`, {
      hint: `Type the name of the database that is to go: ${kept}.`,
    });
  const { database } = await requireKept(location, kept);
  return alone(location, database, async (session) => {
    const note = noteIn(await readComment(session, kept));
    if (note === null || note.phase === 'replacing') throw notKept(kept);
    await request.guard?.();
    if (note.phase === 'kept') await writeNote(session, kept, { ...note, phase: 'accepted' });
    if (request.remove === false) return { removed: false };
    const [live] = await session.query(
      'select 1 as one from pg_database where datname = $1 and datallowconn',
      [database],
    );
    if (live === undefined)
      throw new Failure(
        'refused',
        `${kept} is the only ${database} there is: no database of that name is in service`,
      );
    await session.query(`drop database ${quoteName(kept)}`);
    return { removed: true };
  });
}

/**
 * Puts a kept database back in service; the one that had taken its place is kept in turn, closed, with everything that was written
 * to it. Rejects with `refused` when `kept` is no kept database.
 */
export async function rollBackSwap(request: {
  readonly location: ClusterLocation;
  readonly kept: string;
  readonly guard?: () => Promise<void>;
  readonly endWithinMs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string) => void;
}): Promise<SwappedDatabase> {
  const { kept, ...rest } = request;
  const { database, safety } = await requireKept(request.location, kept);
  const keepAs = stampedName(database, 'after', new Date());
  return exchange({ ...rest, database, with: kept, keepAs, safety, properties: 'of-the-other' }, 'roll-back');
}

/** Swaps of databases that were begun and not ended: by a process that is at it, or by one that was killed. */
export async function unfinishedSwaps(location: ClusterLocation): Promise<readonly SwapNote[]> {
  const session = await openBeside(location, '');
  try {
    const rows = await session.query(
      `select datname::text as name, shobj_description(oid, 'pg_database') as comment from pg_database`,
    );
    return rows.flatMap((row) => {
      const note = noteIn(textOrNull(row, 'comment'));
      return note?.phase === 'replacing' && note.database === textColumn(row, 'name') ? [note] : [];
    });
  } finally {
    await session.end();
  }
}

async function requireKept(location: ClusterLocation, kept: string): Promise<SwapNote> {
  const found = (await keptDatabases(location)).find((one) => one.name === kept);
  if (found === undefined) throw notKept(kept);
  return found.note;
}

function notKept(name: string): Failure {
  return new Failure('refused', `${name} is no database that a restore replaced`, {
    hint: 'The kept ones say so in their description; `psql -c "\\l+"` shows it.',
  });
}
