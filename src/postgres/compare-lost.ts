import type { Json } from '../base/index.js';
import { textColumn } from './column.js';
import { connectTo } from './connect.js';
import type { CopyBackRequest } from './copy-back.js';
import { readLoss, type TableLoss } from './lost-rows.js';
import { primaryKey } from './merge-missing.js';
import { quoteName } from './quote.js';
import type { Row, Session } from './session.js';

export interface ComparedTable {
  readonly table: string;
  /** Rows that the transaction took away or overwrote, as the side instance has them. */
  readonly lost: number;
  /** Of them, in the live table now with the very same bytes. */
  readonly equal: number;
  /** Not there. */
  readonly missing: number;
  /** There, and still as the harmful transaction left them. */
  readonly stillBad: number;
  /** There with another content, by others. */
  readonly changedSince: number;
}

/** Rows of both sides that are held at a time. */
const rowsAtOnce = 1000;
const pagesAtOnce = 16;

/**
 * Compares every row that a transaction took away or overwrote with the live table, row by row and byte by byte, in one snapshot on
 * each side. Changes nothing, and shares nothing with the copying but the reading of the log.
 */
export async function compareLost(request: CopyBackRequest): Promise<ComparedTable[]> {
  const { side, target: location, database } = request;
  const options = { applicationName: 'firedrill compare-lost', readOnly: true };
  const sideDatabase = request.sideDatabase ?? database;
  const source = await connectTo(side, { ...options, database: sideDatabase });
  try {
    const target = await connectTo(location, { ...options, database });
    try {
      const { xids, tables } = await readLoss({ ...request, source, target });
      return await inSnapshot(source, () =>
        inSnapshot(target, async () => {
          const compared: ComparedTable[] = [];
          for (const loss of tables) compared.push(await compareTable(source, target, loss, xids));
          return compared;
        }),
      );
    } finally {
      await target.end();
    }
  } finally {
    await source.end();
  }
}

async function inSnapshot<T>(session: Session, work: () => Promise<T>): Promise<T> {
  return session.transaction(async () => work(), { readOnly: true, repeatableRead: true });
}

async function compareTable(
  source: Session,
  target: Session,
  loss: TableLoss,
  xids: readonly number[],
): Promise<ComparedTable> {
  const { table } = loss;
  const counts = { table, lost: 0, equal: 0, missing: 0, stillBad: 0, changedSince: 0 };
  const [there] = await target.query('select to_regclass($1) is not null as there', [table]);
  const key = await primaryKey(source, table);
  const live = there?.['there'] === true ? await liveQuery(source, table, key) : null;
  for await (const part of partsOf(source, loss)) {
    const was = await source.query(
      `select ${textKeys(key)}, ${keyText(key)} as key, ${bytesOf} as bytes from only ${table} t where ${part.where}`,
      part.values,
    );
    const is = live === null ? new Map<string, never>() : await liveRows(target, live, key, was);
    for (const row of was) {
      const found = is.get(textColumn(row, 'key'));
      // A row that others deleted after a bad update is theirs to miss.
      if (found === undefined) counts[part.mayBeGone && live !== null ? 'changedSince' : 'missing'] += 1;
      else if (found.bytes === textColumn(row, 'bytes')) counts.equal += 1;
      else if (xids.includes(found.xmin)) counts.stillBad += 1;
      else counts.changedSince += 1;
    }
    const named = part.named ?? was.length;
    counts.lost += named;
    counts.missing += named - was.length;
  }
  return counts;
}

/** Some rows of the side instance that are compared together. */
interface Part {
  readonly where: string;
  readonly values: readonly Json[];
  /** How many the log names; null: whatever lies there. */
  readonly named: number | null;
  readonly mayBeGone: boolean;
}

async function* partsOf(source: Session, loss: TableLoss): AsyncGenerator<Part> {
  if (loss.did !== 'changed') {
    const [size] = await source.query(
      `select (pg_relation_size($1::regclass) / current_setting('block_size')::int)::int8::text as pages`,
      [loss.table],
    );
    const pages = Number(textColumn(size, 'pages'));
    for (let page = 0; page < pages; page += pagesAtOnce)
      yield {
        where: `t.ctid >= $1::text::tid and t.ctid < $2::text::tid`,
        values: [`(${page},0)`, `(${page + pagesAtOnce},0)`],
        ...{ named: null, mayBeGone: false },
      };
    return;
  }
  for (const [places, mayBeGone] of [[loss.deleted, false] as const, [loss.updated, true] as const])
    for (const part of places.inParts(rowsAtOnce))
      yield { where: 't.ctid = any($1::text[]::tid[])', values: [part], named: part.length, mayBeGone };
}

const bytesOf = `encode(sha256(record_send(t.*)), 'hex')`;

function keyText(key: readonly string[]): string {
  return `array[${key.map((name) => `t.${quoteName(name)}::text`).join(', ')}]::text`;
}

const textKeys = (key: readonly string[]) =>
  key.map((name, at) => `t.${quoteName(name)}::text as k${at}`).join(', ');

/** Asks for live rows by the keys that the side instance has for them, each column's values as an array of texts. */
async function liveQuery(source: Session, table: string, key: readonly string[]): Promise<string> {
  const [types] = await source.query(
    `select ${key.map((_, at) => `format_type(a${at}.atttypid, a${at}.atttypmod) as k${at}`).join(', ')}
       from ${key.map((_, at) => `pg_attribute a${at}`).join(', ')}
      where ${key.map((_, at) => `a${at}.attrelid = $1::regclass and a${at}.attname = $${at + 2}`).join(' and ')}`,
    [table, ...key],
  );
  const wanted = key.map((_, at) => `$${at + 1}::text[]`).join(', ');
  const names = key.map((_, at) => `k${at}`).join(', ');
  const match = key
    .map((name, at) => `t.${quoteName(name)} = w.k${at}::${textColumn(types, `k${at}`)}`)
    .join(' and ');
  return `select ${keyText(key)} as key, ${bytesOf} as bytes, t.xmin::text as xmin
       from unnest(${wanted}) w(${names}) join only ${table} t on ${match}`;
}

async function liveRows(
  target: Session,
  query: string,
  key: readonly string[],
  was: readonly Row[],
): Promise<ReadonlyMap<string, { readonly bytes: string; readonly xmin: number }>> {
  const rows = await target.query(
    query,
    key.map((_, at) => was.map((row) => textColumn(row, `k${at}`))),
  );
  return new Map(
    rows.map((row) => [
      textColumn(row, 'key'),
      { bytes: textColumn(row, 'bytes'), xmin: Number(textColumn(row, 'xmin')) },
    ]),
  );
}
