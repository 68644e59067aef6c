import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { textColumn, textOrNull } from './column.js';
import { connectClient, type ConnectOptions } from './connect.js';
import { hashInTransaction } from './content-hash.js';
import { dropKey, inboundKeys, remakeKey } from './foreign-keys.js';
import { openSession } from './open-session.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';
import { requireUnchanged } from './table-changes.js';
import { pump, sameColumns, userTriggers } from './table-parts.js';
import { leafTables } from './tables.js';
import type { PostgresTools } from './tools.js';

export interface ReplaceTableRequest {
  readonly tools: PostgresTools;
  /** Has the good rows, recovered from the target's own log and promoted; nothing of the table may be newer on the target. */
  readonly side: ClusterLocation;
  readonly target: ClusterLocation;
  /** As in SQL; an ordinary table or one partition. */
  readonly table: string;
  readonly database?: string;
  /** Where else complete segments of the target's log lie; its own pg_wal may have let go of them. */
  readonly walDirectory?: string;
  /** How long to wait for others to let go of the table; 30 s unless told. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string) => void;
}

export interface ReplacedTable {
  readonly table: string;
  readonly rows: number;
  readonly hash: string;
  /** Everything that was done to the target, in order, for the record. */
  readonly done: readonly string[];
  readonly durationMs: number;
}

/**
 * Fills one table anew from a side instance, in one transaction: lock, prove that nothing of it was committed since the side's
 * recovery ended, take off what stands in the way, TRUNCATE (which gives the table a new file and never reads the old one), COPY, compare with the side's hash, put everything back, check every
 * foreign key. The table keeps its identity, and with it views, grants, owner, policies, triggers and sequences. Rejects, and
 * leaves the target as it was, when anything does not fit.
 */
export async function replaceTable(request: ReplaceTableRequest): Promise<ReplacedTable> {
  const startedAt = performance.now();
  const options: ConnectOptions = {
    applicationName: 'firedrill replace-table',
    ...(request.database === undefined ? {} : { database: request.database }),
  };
  const from = await connectClient(request.side, { ...options, readOnly: true });
  try {
    const into = await connectClient(request.target, options);
    const abort = (): void => void into.end().catch(() => undefined);
    request.signal?.addEventListener('abort', abort, { once: true });
    try {
      if (request.signal?.aborted === true)
        throw new Failure('cancelled', 'replacing the table was cancelled');
      const done: string[] = [];
      const note = (text: string) => {
        done.push(text);
        request.output?.(text);
      };
      const [source, target] = [openSession(from), openSession(into)];
      const work = async () =>
        source.transaction(async () => fill({ request, from, into, source, target, note }), {
          readOnly: true,
          repeatableRead: true,
        });
      const filled = await target.transaction(work);
      note('committed');
      return { table: request.table, ...filled, done, durationMs: performance.now() - startedAt };
    } finally {
      request.signal?.removeEventListener('abort', abort);
      await into.end().catch(() => undefined);
    }
  } finally {
    await from.end().catch(() => undefined);
  }
}

interface Work {
  readonly request: ReplaceTableRequest;
  readonly from: Parameters<typeof pump>[0];
  readonly into: Parameters<typeof pump>[1];
  readonly source: Session;
  readonly target: Session;
  readonly note: (text: string) => void;
}

async function fill({
  request,
  from,
  into,
  source,
  target,
  note,
}: Work): Promise<{ rows: number; hash: string }> {
  const table = await oneTable(target, request.table);
  await target.query(`set local lock_timeout = ${Math.round(request.lockTimeoutMs ?? 30_000)}`);
  await target.query(`set local row_security = off; lock table only ${table} in access exclusive mode`);
  note(`locked ${table}`);
  const columns = await sameColumns(source, target, table);
  note(await proveUnchanged(request, source, target));
  const keys = await inboundKeys(target, table);
  const triggers = await userTriggers(target, table);
  for (const key of keys) {
    await dropKey(target, key);
    note(`took foreign key ${key.name} of ${key.table} off`);
  }
  for (const { name } of triggers) {
    await target.query(`alter table only ${table} disable trigger ${quoteName(name)}`);
    note(`disabled trigger ${name}`);
  }
  await target.query(`truncate only ${table}`);
  note('emptied the table into a new file');
  const rows = await pump(from, into, { source: `only ${table}`, table, columns });
  note(`copied ${rows} rows`);
  // Deferred checks of this table's own foreign keys would forbid every ALTER TABLE from here on.
  await target.query('set constraints all immediate');
  const hash = await sameContent(source, target, request.table, rows);
  note(`count and content hash are the side's: ${rows} rows, ${hash}`);
  for (const { name, enable } of triggers) {
    await target.query(`alter table only ${table} ${enable} trigger ${quoteName(name)}`);
    note(`trigger ${name} is enabled as before`);
  }
  for (const key of keys) {
    await remakeKey(target, key);
    note(
      `put foreign key ${key.name} of ${key.table} back${key.validated ? ', every row checked' : ', not validated, as before'}`,
    );
  }
  for (const moved of await liftSequences(target, table)) note(moved);
  await target.query(`analyze ${table}`);
  return { rows, hash };
}

/** Proves it as `requireUnchanged` does, with a second connection to the target; says what was read. */
export async function proveUnchanged(
  request: Omit<ReplaceTableRequest, 'output'>,
  side: Session,
  target: Session,
): Promise<string> {
  const { tools, target: location, table, database, walDirectory, signal } = request;
  const beside = openSession(
    await connectClient(location, {
      applicationName: 'firedrill replace-table log',
      ...(database === undefined ? {} : { database }),
    }),
  );
  try {
    const { from, to } = await requireUnchanged({
      tools,
      side,
      target,
      beside,
      location,
      table,
      ...(walDirectory === undefined ? {} : { walDirectory }),
      ...(signal === undefined ? {} : { signal }),
    });
    return `read the log from ${from} to ${to}: nothing of the table was changed after the side instance`;
  } finally {
    await beside.end();
  }
}

async function oneTable(target: Session, text: string): Promise<string> {
  const [row] = await target.query('select relkind as kind from pg_class where oid = to_regclass($1)', [
    text,
  ]);
  if (row?.['kind'] === 'r') {
    const [leaf] = await leafTables(target, text);
    if (leaf !== undefined) return leaf.sql;
  }
  throw new Failure(
    'refused',
    `${text} is not an ordinary table or a partition, so it cannot be replaced by itself`,
  );
}

async function sameContent(source: Session, target: Session, table: string, rows: number): Promise<string> {
  const [[was], [is]] = [await hashInTransaction(source, [table]), await hashInTransaction(target, [table])];
  if (
    was !== undefined &&
    is !== undefined &&
    was.rows === is.rows &&
    was.hash === is.hash &&
    is.rows === rows
  )
    return is.hash;
  throw new Failure(
    'check',
    `${table} differs after the copy: ${was?.rows ?? 0} rows on the side, ${is?.rows ?? 0} here, hashes ${was?.hash ?? ''} and ${is?.hash ?? ''}`,
  );
}

/** A sequence that the table owns must not hand out keys that the copied rows already have. */
async function liftSequences(target: Session, table: string): Promise<string[]> {
  const owned = await target.query(
    `select d.objid::regclass::text as sequence, quote_ident(a.attname) as column from pg_depend d
       join pg_class c on c.oid = d.objid and c.relkind = 'S'
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       join pg_sequence s on s.seqrelid = c.oid and s.seqincrement > 0
      where d.classid = 'pg_class'::regclass and d.refobjid = $1::regclass and d.deptype in ('a', 'i')`,
    [table],
  );
  const moved: string[] = [];
  for (const row of owned) {
    const [sequence, column] = [textColumn(row, 'sequence'), textColumn(row, 'column')];
    const [lifted] = await target.query(
      `select setval($1::regclass, m.high)::text as to from (select max(${column})::bigint as high from only ${table}) m
        where m.high > coalesce(pg_sequence_last_value($1::regclass), 0)`,
      [sequence],
    );
    const to = textOrNull(lifted, 'to');
    if (to !== null) moved.push(`moved sequence ${sequence} on to ${to}`);
  }
  return moved;
}
