import { Failure } from '../../base/index.js';
import {
  carryProperties,
  endConnections,
  quoteName,
  sqlState,
  textColumn,
  whatStays,
  type ClosedDatabase,
  type ClusterLocation,
  type Connected,
  type Session,
} from '../../postgres/index.js';
import { undoUnfinished } from './finish-swap.js';
import { alone } from './swap-lock.js';
import { noteIn, readComment, writeComment, writeNote, type SwapNote } from './swap-note.js';
import { stampedName } from './stamped-name.js';

export interface SwapRequest {
  readonly location: ClusterLocation;
  /** The name in service. */
  readonly database: string;
  /** The database that takes it. */
  readonly with: string;
  /** What the old one is called from then on; `<database>_before_<stamp>` unless told. */
  readonly keepAs?: string;
  /**
   * Whose owner, grants, settings, connection limit and comment the name has from then on: those of the database in service, unless
   * told to leave those of the one that takes its place.
   */
  readonly properties?: 'as-in-service' | 'of-the-other';
  /** Set that was taken of it before, so that accepting can let go of it. */
  readonly safety?: string | null | undefined;
  /** Asked last, with the lock held: between an earlier look and the rename the target may have become another one. */
  readonly guard?: (() => Promise<void>) | undefined;
  /** How long others may take to leave; 30 s unless told. */
  readonly endWithinMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly output?: ((text: string) => void) | undefined;
}

export interface SwappedDatabase {
  readonly database: string;
  readonly keptAs: string;
  /** ISO 8601. */
  readonly at: string;
  readonly ended: readonly Connected[];
  /** What was carried over from the database in service. */
  readonly carried: readonly string[];
  /** For how long nobody could connect. */
  readonly closedMs: number;
}

/**
 * Puts one database in another's place. Both names, the notes and the properties change in one transaction, so that whatever ends
 * this process or the server, the name in service leads to one whole database; the old one is kept, closed. What others hold of it and
 * would be left behind – prepared transactions, slots, subscriptions – makes it reject with `refused` before anything is touched.
 */
export async function swapDatabase(request: SwapRequest): Promise<SwappedDatabase> {
  return exchange(request, 'restore');
}

export async function exchange(request: SwapRequest, by: SwapNote['by']): Promise<SwappedDatabase> {
  const { location, database } = request;
  const now = new Date();
  const keepAs = request.keepAs ?? stampedName(database, 'before', now);
  return alone(location, database, async (session) => {
    await undoUnfinished(session, database);
    await requireFit(session, request, keepAs);
    const comment = await readComment(session, database);
    const { safety = null } = request;
    const note = { by, database, with: request.with, keepAs, at: now.toISOString(), safety, comment };
    await request.guard?.();
    const closedAt = performance.now();
    await writeNote(session, database, { ...note, phase: 'replacing' });
    const closed: ClosedDatabase[] = [];
    try {
      const options = {
        signal: request.signal,
        ...(request.endWithinMs === undefined ? {} : { timeoutMs: request.endWithinMs }),
      };
      for (const name of [database, request.with]) {
        closed.push(await endConnections(session, name, options));
        request.output?.(`closed ${name}, and ended ${closed.at(-1)?.ended.length ?? 0} connections to it`);
      }
      if (request.signal?.aborted === true) throw new Failure('cancelled', 'the swap was cancelled');
      const carried = await changeNames(session, request, { ...note, phase: 'kept' });
      const ended = closed.flatMap((one) => one.ended);
      return {
        database,
        keptAs: keepAs,
        at: note.at,
        ended,
        carried,
        closedMs: performance.now() - closedAt,
      };
    } catch (failure) {
      // No answer to commit: it was done or it was not, and only a new connection can tell.
      if (failure instanceof Failure && failure.reason === 'unknown-outcome')
        throw asUnknown(failure, request);
      await undoUnfinished(session, database).catch((undo: unknown) => {
        throw stillClosed(failure, undo, database);
      });
      throw failure;
    }
  });
}

function stillClosed(failure: unknown, undo: unknown, database: string): Failure {
  const said = (one: unknown) => (one instanceof Error ? one.message : String(one));
  const reason = failure instanceof Failure ? failure.reason : 'unavailable';
  return new Failure(reason, `${said(failure)}; and ${database} could not be opened again: ${said(undo)}`, {
    hint: `When the server answers again: \`psql -d template1 -c 'alter database ${quoteName(database)} allow_connections true'\`.`,
    cause: failure,
  });
}

async function changeNames(session: Session, request: SwapRequest, note: SwapNote): Promise<string[]> {
  const { database, output } = request;
  const kept = request.properties === 'of-the-other';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await session.transaction(async (inside) => {
        const ownComment = noteIn(await readComment(inside, request.with));
        const comment = ownComment === null ? await readComment(inside, request.with) : ownComment.comment;
        const carried = kept ? [] : await carryProperties(inside, database, request.with);
        await inside.query(`alter database ${quoteName(database)} rename to ${quoteName(note.keepAs)}`);
        output?.(`renamed ${database} to ${note.keepAs}`);
        await inside.query(`alter database ${quoteName(request.with)} rename to ${quoteName(database)}`);
        output?.(`renamed ${request.with} to ${database}`);
        await writeNote(inside, note.keepAs, note);
        await writeComment(inside, database, kept ? comment : note.comment);
        await inside.query(`alter database ${quoteName(database)} with allow_connections true`);
        return carried;
      });
    } catch (failure) {
      // 55006: in use. Only the server's own workers can get into a closed database; they go when they are asked.
      if (sqlState(failure) !== '55006' || attempt === 3) throw failure;
      output?.(`a worker of the server was in ${database} or ${request.with}; trying again`);
    }
  }
}

async function requireFit(session: Session, request: SwapRequest, keepAs: string): Promise<void> {
  const { database, with: other } = request;
  const found = await session.query(
    `select datname::text as name, datistemplate as template from pg_database where datname = any($1::text[])`,
    [[database, other, keepAs]],
  );
  const named = (name: string) => found.find((row) => row['name'] === name);
  for (const name of [database, other]) {
    if (named(name) === undefined) throw new Failure('invalid', `there is no database ${name}`);
    if (named(name)?.['template'] === true)
      throw new Failure('refused', `${name} is a template, and nothing is put in its place`);
  }
  if (database === other) throw new Failure('invalid', `${database} cannot take its own place`);
  if (Buffer.byteLength(keepAs) > 63)
    throw new Failure('invalid', `the name ${keepAs} is too long for a database`);
  if (named(keepAs) !== undefined)
    throw new Failure('refused', `there is a database ${keepAs} already, and nothing is overwritten`);
  const ties = await tiesOf(session, database);
  for (const name of await whatStays(session, other)) ties.push(`${name} in ${other}`);
  if (ties.length === 0) return;
  throw new Failure(
    'refused',
    `database ${database} cannot be replaced while others depend on it: ${ties.join(', ')}`,
    {
      hint: 'End the prepared transactions, drop the slots and subscriptions or move them, then restore again; they do not follow a name.',
    },
  );
}

/** What holds on to this very database, and would stay with the old one. Publications matter through their slots. */
export async function tiesOf(session: Session, database: string): Promise<string[]> {
  const rows = await session.query(
    `select 'subscription ' || quote_ident(subname) as what from pg_subscription s
       join pg_database d on d.oid = s.subdbid where d.datname = $1 order by 1`,
    [database],
  );
  return [...(await whatStays(session, database)), ...rows.map((row) => textColumn(row, 'what'))];
}

function asUnknown(failure: Failure, { database }: SwapRequest): Failure {
  return new Failure('unknown-outcome', `whether ${database} was replaced is not known: ${failure.message}`, {
    hint: 'Look with `psql -c "\\l+"`: the database that was replaced says so in its description.',
    cause: failure,
  });
}
