import { Failure, type Json } from '../base/index.js';
import {
  quoteLiteral,
  quoteName,
  sqlState,
  textColumn,
  textOrNull,
  type Session,
} from '../postgres/index.js';
import { harmfulStatement, recordTable, tablesHit, type BadValue } from './hit-tables.js';
import {
  readLostRowsTruth,
  writeLostRowsTruth,
  type LostRowsTruth,
  type LostTable,
  type WayToLoseRows,
} from './lost-rows-truth.js';
import { requireServerInside } from './require-inside.js';

export interface LoseRowsRequest {
  /** A superuser's session on the database that holds the table. */
  readonly session: Session;
  /** The server's data directory must lie inside this folder. */
  readonly allowedRoot: string;
  readonly how: WayToLoseRows;
  readonly table: string;
  /** Only for a bad update. */
  readonly bad: BadValue | null;
  /** Where the truth is kept, one file a fault: asking again with the same file never harms twice. */
  readonly truthFile: string;
  /** Asked right before the harm; rejects to forbid it. */
  readonly confirm: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Commits one harmful transaction. What the tables held is counted, hashed and listed inside it, before the harm and under a lock
 * that lets no other writer in until its commit, so that it is exact. Rejects with `invalid` for a table that cannot be hit so,
 * and with `check` when rows can still be read that should be gone.
 */
export async function loseRows(request: LoseRowsRequest): Promise<LostRowsTruth> {
  const { session, truthFile, signal } = request;
  await requireServerInside(session, request.allowedRoot);
  const begun = readLostRowsTruth(truthFile);
  let truth = begun !== null && (await wasCommitted(session, begun)) ? begun : await harm(request);
  if (signal.aborted) throw new Failure('cancelled', `losing rows of ${request.table} was cancelled`);
  const keep = (more: Partial<LostRowsTruth>) => {
    truth = { ...truth, ...more };
    writeLostRowsTruth(truthFile, truth);
  };
  if (truth.acknowledgedAt === null) {
    // The commit was made, and whoever asked for it did not live to hear so.
    const [row] = await session.query('select pg_current_wal_insert_lsn()::text as lsn');
    keep({ acknowledgedAt: new Date().toISOString(), lsnAfterCommit: textColumn(row, 'lsn') });
  }
  if (truth.firstRead === null) {
    const said = await readLost(session, truth, request.bad);
    keep({ firstRead: { at: new Date().toISOString(), said } });
  }
  return truth;
}

async function harm(request: LoseRowsRequest): Promise<LostRowsTruth> {
  const { session, how, table, bad, truthFile, confirm } = request;
  const statement = harmfulStatement(how, table, bad);
  const hit = await tablesHit(session, how, table);
  const plannedAt = new Date().toISOString();
  let truth = await session.transaction(async (inside) => {
    const lock = how === 'delete' || how === 'bad-update' ? 'share row exclusive' : 'access exclusive';
    await inside.query(`set local lock_timeout = '30s'; lock table ${hit.join(', ')} in ${lock} mode`);
    const tables: LostTable[] = [];
    for (const one of hit) tables.push(await recordTable(inside, one, bad));
    const [row] = await inside.query(
      `select pg_current_xact_id()::text as full, pg_current_xact_id()::xid::text as xid`,
    );
    const planned: LostRowsTruth = {
      ...{ v: 1, kind: 'lost-rows', how, statement, relations: hit, tables, plannedAt },
      xid: textColumn(row, 'xid'),
      fullXid: textColumn(row, 'full'),
      ...{ lsnBeforeCommit: null, lsnAfterCommit: null, at: null, acknowledgedAt: null, firstRead: null },
    };
    writeLostRowsTruth(truthFile, planned);
    await confirm();
    await inside.query(statement);
    const [place] = await inside.query('select pg_current_wal_insert_lsn()::text as lsn');
    const done = { ...planned, lsnBeforeCommit: textColumn(place, 'lsn'), at: new Date().toISOString() };
    writeLostRowsTruth(truthFile, done);
    return done;
  });
  const acknowledgedAt = new Date().toISOString();
  const [row] = await session.query('select pg_current_wal_insert_lsn()::text as lsn');
  truth = { ...truth, acknowledgedAt, lsnAfterCommit: textColumn(row, 'lsn') };
  writeLostRowsTruth(truthFile, truth);
  return truth;
}

/** Whether the transaction that an earlier attempt began is in the database; one that was cut off has left nothing there. */
async function wasCommitted(session: Session, truth: LostRowsTruth): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const [row] = await session.query('select pg_xact_status($1::text::xid8) as status', [truth.fullXid]);
    const status = textOrNull(row, 'status');
    if (status !== 'in progress') return status === 'committed';
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Failure('check', `the transaction ${truth.xid ?? ''} of an earlier attempt is still open`);
}

/** What an ordinary client finds of the lost rows of the first table; rejects with `check` when any of them is as it was. */
async function readLost(session: Session, truth: LostRowsTruth, bad: BadValue | null): Promise<Json> {
  const [table] = truth.tables;
  if (table === undefined) return null;
  const { ranges, rows: lost } = table.lost;
  const [range] = ranges ?? [];
  const [key = ''] = table.key;
  const conditions = [
    ...(range === undefined ? [] : [`${quoteName(key)} between ${range[0]} and ${range[1]}`]),
    ...(bad === null ? [] : [`${quoteName(bad.column)} is distinct from ${quoteLiteral(bad.value)}`]),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  try {
    const [row] = await session.query(`select count(*)::int as rows from ${table.table}${where}`);
    const rows = Number(row?.['rows']);
    if (conditions.length > 0 && rows > 0)
      throw new Failure('check', `${rows} rows of ${table.table} are as they were after: ${truth.statement}`);
    return `${rows} of the ${lost} rows are as they were`;
  } catch (error) {
    if (truth.how === 'drop' && error instanceof Failure && sqlState(error) === '42P01') return error.message;
    throw error;
  }
}
