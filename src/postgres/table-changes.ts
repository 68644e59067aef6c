import { randomBytes } from 'node:crypto';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { textColumn, textOrNull } from './column.js';
import { compareLsn, type Lsn } from './lsn.js';
import type { Session } from './session.js';
import type { PostgresTools } from './tools.js';
import { readWal, walStretch, type WalRecord } from './wal-records.js';

export interface UnchangedRequest {
  readonly tools: PostgresTools;
  readonly side: Session;
  /** Holds a lock on the table that keeps every writer out. */
  readonly target: Session;
  /** Another connection to the target, for a commit of its own. */
  readonly beside: Session;
  readonly location: ClusterLocation;
  /** Where else complete segments of the target's log lie; its own pg_wal may have let go of them. */
  readonly walDirectory?: string;
  readonly table: string;
  readonly signal?: AbortSignal;
}

const marksOfTime = /^(COMMIT|RUNNING_XACTS|CHECKPOINT_SHUTDOWN|MESSAGE|transactional|nontransactional)/;

/** What vacuum, hint bits and row locks write changes no row. */
const changesOfRows = /^(INSERT|MULTI_INSERT|UPDATE|HOT_UPDATE|DELETE|TRUNCATE)\b/;

/**
 * Proves from the target's write-ahead log that no row of the table was committed there which the side instance does not have:
 * neither written after the side's recovery ended, nor written before and committed after. Returns the stretch that was read.
 * Rejects with `refused` when there are such changes, and when it cannot be shown that there are none. Rows that were rolled back
 * count as changes when they were written after that end.
 */
export async function requireUnchanged(request: UnchangedRequest): Promise<{ from: Lsn; to: Lsn }> {
  const { tools, side, target, location, table, signal, walDirectory } = request;
  const unproven = (why: string) =>
    new Failure(
      'refused',
      `it cannot be shown that ${table} was not changed after the side instance: ${why}`,
      {
        hint: 'Restore the side instance again, until the latest commit, with all of the WAL there.',
      },
    );
  const { from, timeline } = await recoveryEnd(side, unproven);
  const [was, is] = [await relationFile(side, table), await relationFile(target, table)];
  if (was.system !== is.system) throw unproven('the two do not have the same system identifier');
  if (was.file !== is.file) throw unproven(`it has another file (${is.file}) than there (${was.file})`);
  const { to, payload, liveTimeline, segmentBytes } = await flushedMark(request.beside);
  if (liveTimeline !== timeline)
    throw unproven(`that one left timeline ${timeline}, and the live cluster is on ${liveTimeline}`);
  const places = [`${location.dataDirectory}/pg_wal`, ...(walDirectory === undefined ? [] : [walDirectory])];
  const reading = { tools, places, timeline, segmentBytes, to, ...(signal === undefined ? {} : { signal }) };
  for (const segmentsBefore of [0, 4, 32, 256]) {
    const wal = await walStretch({ ...reading, from, segmentsBefore }).catch((cause: unknown) => {
      throw cause instanceof Failure && cause.reason !== 'cancelled' ? unproven(cause.message) : cause;
    });
    try {
      const read = async (kinds: readonly string[], what: RegExp, relation?: string) =>
        readWal(wal, { tools, kinds, what, relation, signal }).catch((cause: unknown) => {
          throw cause instanceof Failure && cause.reason !== 'cancelled' ? unproven(cause.message) : cause;
        });
      const marks = await read(['Transaction', 'Standby', 'XLOG', 'LogicalMessage'], marksOfTime);
      if (!marks.some((record) => record.what.includes(payload)))
        throw unproven(`what lies in ${places[0] ?? ''} is not the log of that server`);
      const late = committedAfter(marks, from);
      if (!beganWithin(marks, from, late)) {
        if (wal.reachesBack) continue;
        throw unproven(
          'transactions that were open at its end have been committed since, from before the WAL that is there',
        );
      }
      const changes = (await read(['Heap', 'Heap2'], changesOfRows, is.file)).filter(
        (record) => compareLsn(record.lsn, from) >= 0 || late.has(record.xid),
      );
      const last = changes.at(-1);
      if (last === undefined) return { from, to };
      throw new Failure(
        'refused',
        `${table} was changed on the live cluster after the side instance: ${changes.length} row changes are missing there, which ends at ${from}; the last one is at ${last.lsn}`,
        { hint: 'Bring the missing WAL, then restore the side instance again until the latest commit.' },
      );
    } finally {
      await wal.remove();
    }
  }
  throw unproven('a transaction that was open at its end had begun too long before');
}

/** Where the side instance's own timeline begins is where its recovery ended; that survives its restarts. */
export async function recoveryEnd(
  side: Session,
  unproven: (why: string) => Failure,
): Promise<{ from: Lsn; timeline: number }> {
  const [state] = await side.query('select pg_is_in_recovery() as recovering');
  if (state?.['recovering'] !== false) throw unproven('its recovery has not ended');
  const [row] = await side.query(
    `select pg_read_file('pg_wal/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '.history', 0, 1000000, true) as history`,
  );
  const lines = (textOrNull(row, 'history') ?? '').split('\n');
  const ends = lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line);
    return match ? [{ timeline: Number(match[1]), from: match[2] ?? '' }] : [];
  });
  const end = ends.at(-1);
  if (end === undefined) throw unproven('it does not come from a recovery');
  return end;
}

/** The table's file as the log names it: tablespace, database, file. */
async function relationFile(session: Session, table: string): Promise<{ file: string; system: string }> {
  const [row] = await session.query(
    `select coalesce(nullif(c.reltablespace, 0), d.dattablespace) || '/' || d.oid || '/' || pg_relation_filenode(c.oid) as file,
        (select system_identifier::text from pg_control_system()) as system
       from pg_class c, pg_database d where c.oid = to_regclass($1) and d.datname = current_database()`,
    [table],
  );
  return { file: textColumn(row, 'file'), system: textColumn(row, 'system') };
}

/** A mark in the log that no other log has; its commit brings everything before it to disk. */
async function flushedMark(
  beside: Session,
): Promise<{ to: Lsn; payload: string; liveTimeline: number; segmentBytes: number }> {
  const mark = randomBytes(8).toString('hex');
  await beside.query('set synchronous_commit = local');
  const [made] = await beside.query(
    `select pg_logical_emit_message(true, 'firedrill', $1::text)::text as lsn`,
    [mark],
  );
  const to = textColumn(made, 'lsn');
  const [row] = await beside.query(
    `select left(pg_walfile_name($1::pg_lsn), 8) as timeline, setting as segment from pg_settings where name = 'wal_segment_size'`,
    [to],
  );
  const payload = Buffer.from(mark)
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$& ');
  const liveTimeline = Number.parseInt(textColumn(row, 'timeline'), 16);
  return { to, payload, liveTimeline, segmentBytes: Number(textColumn(row, 'segment')) };
}

function committedAfter(marks: readonly WalRecord[], from: Lsn): ReadonlySet<number> {
  const ids = marks.flatMap(({ kind, lsn, xid, what }) => {
    if (kind !== 'Transaction' || !what.startsWith('COMMIT') || compareLsn(lsn, from) < 0) return [];
    const prepared = /^COMMIT_PREPARED (\d+)/.exec(what)?.[1];
    const below = /subxacts: ([\d ]+)/.exec(what)?.[1]?.trim().split(' ') ?? [];
    return [xid, ...below.map(Number), ...(prepared === undefined ? [] : [Number(prepared)])];
  });
  return new Set(ids.filter((id) => id !== 0));
}

/** Whether all of these transactions began in what was read: the server logs now and then which id comes next. */
function beganWithin(marks: readonly WalRecord[], from: Lsn, xids: ReadonlySet<number>): boolean {
  const nexts = marks.flatMap(({ lsn, what }) => {
    const next = /^(?:RUNNING_XACTS nextXid |CHECKPOINT_SHUTDOWN .*? xid \d+:)(\d+)/.exec(what)?.[1];
    return next === undefined || compareLsn(lsn, from) >= 0 ? [] : [Number(next)];
  });
  // Ids wrap around: one precedes another when the difference, as a signed 32-bit number, is negative.
  const known = nexts.some((next) => [...xids].every((xid) => ((xid - next) | 0) >= 0));
  return xids.size === 0 || known;
}
