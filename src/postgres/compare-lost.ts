import { textColumn } from './column.js';
import { connectTo } from './connect.js';
import type { CopyBackRequest } from './copy-back.js';
import { readLoss, type TableLoss } from './lost-rows.js';
import { primaryKey } from './merge-missing.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';

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

const rowsAtOnce = 5000;

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
  const places = loss.did === 'changed' ? [...loss.deleted, ...loss.updated] : await allPlaces(source, table);
  const counts = { table, lost: places.length, equal: 0, missing: 0, stillBad: 0, changedSince: 0 };
  const [there] = await target.query('select to_regclass($1) is not null as there', [table]);
  if (there?.['there'] !== true) return { ...counts, missing: places.length };
  const key = await primaryKey(source, table);
  // A row that others deleted after a bad update is theirs to miss.
  const mayBeGone = new Set(loss.updated);
  for (let start = 0; start < places.length; start += rowsAtOnce) {
    const some = places.slice(start, start + rowsAtOnce);
    const was = await source.query(
      `select ctid::text as place, ${keyText(key)} as key, ${bytesOf} as bytes from only ${table} t where ctid = any($1::text[]::tid[])`,
      [some],
    );
    const is = await liveRows(source, target, { table, key, places: some });
    for (const row of was) {
      const live = is.get(textColumn(row, 'key'));
      if (live === undefined) {
        if (mayBeGone.has(textColumn(row, 'place'))) counts.changedSince += 1;
        else counts.missing += 1;
      } else if (live.bytes === textColumn(row, 'bytes')) counts.equal += 1;
      else if (xids.includes(live.xmin)) counts.stillBad += 1;
      else counts.changedSince += 1;
    }
    counts.missing += some.length - was.length;
  }
  return counts;
}

async function allPlaces(source: Session, table: string): Promise<string[]> {
  const rows = await source.query(`select ctid::text as place from only ${table}`);
  return rows.map((row) => textColumn(row, 'place'));
}

const bytesOf = `encode(sha256(record_send(t.*)), 'hex')`;

function keyText(key: readonly string[]): string {
  return `array[${key.map((name) => `t.${quoteName(name)}::text`).join(', ')}]::text`;
}

/** The live rows with the keys of these rows of the side instance. */
async function liveRows(
  source: Session,
  target: Session,
  of: { readonly table: string; readonly key: readonly string[]; readonly places: readonly string[] },
): Promise<ReadonlyMap<string, { readonly bytes: string; readonly xmin: number }>> {
  const { table, key, places } = of;
  const columns = key.map((name, at) => `t.${quoteName(name)}::text as k${at}`).join(', ');
  const keys = await source.query(
    `select ${columns} from only ${table} t where ctid = any($1::text[]::tid[])`,
    [[...places]],
  );
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
  const rows = await target.query(
    `select ${keyText(key)} as key, ${bytesOf} as bytes, t.xmin::text as xmin
       from unnest(${wanted}) w(${names}) join only ${table} t on ${match}`,
    key.map((_, at) => keys.map((row) => textColumn(row, `k${at}`))),
  );
  return new Map(
    rows.map((row) => [
      textColumn(row, 'key'),
      { bytes: textColumn(row, 'bytes'), xmin: Number(textColumn(row, 'xmin')) },
    ]),
  );
}
