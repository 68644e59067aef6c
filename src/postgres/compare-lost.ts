import type { Json } from '../base/index.js';
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

/** Rows that are compared by one digest. Where it differs, both sides' rows of the part are held. */
const rowsAtOnce = 2000;
const pagesAtOnce = 32;

/**
 * Compares every row that a transaction took away or overwrote with the live table, byte by byte, in one snapshot on each side: some
 * thousands at a time by one digest of all their bytes, and one by one where that differs. Changes nothing, and shares nothing with the
 * copying but the reading of the log.
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
  const key = await primaryKey(source, table);
  const live = await liveTable(source, target, table, key);
  // Keys come in as arrays, which the planner takes for a few rows each: it must not read the whole live table for every part.
  const byIndex = live !== null && (await hasIndex(target, table, key)) ? 'off' : 'on';
  await target.query(`set local enable_hashjoin = ${byIndex}; set local enable_mergejoin = ${byIndex}`);
  const compare = async (part: Part, was: PartDigest) => {
    const found = live === null ? none : await digestOfLive(target, live, was);
    // A row that others deleted after a bad update is theirs to miss.
    const gone = part.mayBeGone && live !== null ? 'changedSince' : 'missing';
    const named = part.named ?? was.rows;
    counts.lost += named;
    counts.missing += named - was.rows;
    if (found.rows === was.rows && found.digest === was.digest) counts.equal += was.rows;
    else if (found.rows === 0 || live === null) counts[gone] += was.rows;
    else
      for await (const [bytes, is] of rowsOf({ source, target, live, part }))
        if (is === undefined) counts[gone] += 1;
        else if (is.bytes === bytes) counts.equal += 1;
        else if (xids.includes(is.xmin)) counts.stillBad += 1;
        else counts.changedSince += 1;
  };
  // While the live server compares one part, the side instance reads the next.
  let before: readonly [Part, PartDigest] | null = null;
  for await (const part of partsOf(source, loss)) {
    const comparing = before === null ? null : compare(...before);
    const reading = digestOfPart(source, { table, key, part });
    await Promise.all([reading, comparing]);
    before = [part, await reading];
  }
  if (before !== null) await compare(...before);
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

interface PartDigest {
  readonly rows: number;
  /** SHA-256 of their digests in the order of the keys. */
  readonly digest: string;
  /** Each key column's values, as PostgreSQL writes an array of texts. */
  readonly keys: readonly string[];
}

const none: PartDigest = { rows: 0, digest: '', keys: [] };

/** Of each row's own digest: rows may be wide, and the server holds no value of more than 1 GB. */
const digestBy = (order: string) =>
  `encode(sha256(coalesce(string_agg(sha256(record_send(t.*)), ''::bytea order by ${order}), ''::bytea)), 'hex') as digest`;

async function digestOfPart(
  source: Session,
  { table, key, part }: { readonly table: string; readonly key: readonly string[]; readonly part: Part },
): Promise<PartDigest> {
  const keys = key.map(
    (name, at) =>
      `coalesce(array_agg(t.${quoteName(name)}::text order by t.ctid), '{}'::text[])::text as k${at}`,
  );
  const [row] = await source.query(
    `select count(*)::text as rows, ${keys.join(', ')}, ${digestBy('t.ctid')} from only ${table} t where ${part.where}`,
    part.values,
  );
  return {
    rows: Number(textColumn(row, 'rows')),
    digest: textColumn(row, 'digest'),
    keys: key.map((_, at) => textColumn(row, `k${at}`)),
  };
}

async function digestOfLive(target: Session, live: LiveTable, was: PartDigest): Promise<PartDigest> {
  if (was.rows === 0) return was;
  const [row] = await target.query(
    `select count(*)::text as rows, ${digestBy('w.place')} ${live.from}`,
    was.keys,
  );
  return { rows: Number(textColumn(row, 'rows')), digest: textColumn(row, 'digest'), keys: was.keys };
}

interface LiveTable {
  readonly table: string;
  readonly key: readonly string[];
  /** The table joined to the wanted keys (`w`, with `place` as their order), which are given as arrays of texts, one a column. */
  readonly from: string;
}

/** Null when there is no such table now. */
async function liveTable(
  source: Session,
  target: Session,
  table: string,
  key: readonly string[],
): Promise<LiveTable | null> {
  const [there] = await target.query('select to_regclass($1) is not null as there', [table]);
  if (there?.['there'] !== true) return null;
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
  const from = `from unnest(${wanted}) with ordinality w(${names}, place) join only ${table} t on ${match}`;
  return { table, key, from };
}

/** Whether a row is found by its key without reading the table. */
async function hasIndex(target: Session, table: string, key: readonly string[]): Promise<boolean> {
  const [found] = await target.query(
    `select exists (select from pg_index i
                     where i.indrelid = $1::regclass and i.indisvalid and i.indisready and i.indpred is null
                       and (select array_agg(a.attname::text order by a.attname::text) from pg_attribute a
                             where a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])) = $2::text[]) as there`,
    [table, key.toSorted()],
  );
  return found?.['there'] === true;
}

const bytesOf = `encode(sha256(record_send(t.*)), 'hex') as bytes`;

/** Every row of a part as the side instance has it, with what the live table has under its key. */
async function* rowsOf({
  source,
  target,
  live,
  part,
}: {
  readonly source: Session;
  readonly target: Session;
  readonly live: LiveTable;
  readonly part: Part;
}): AsyncGenerator<
  readonly [bytes: string, is: { readonly bytes: string; readonly xmin: number } | undefined]
> {
  const { table, key, from } = live;
  const texts = key.map((name, at) => `t.${quoteName(name)}::text as k${at}`).join(', ');
  const was = await source.query(
    `select ${texts}, ${bytesOf} from only ${table} t where ${part.where}`,
    part.values,
  );
  const rows = await target.query(
    `select w.place::text as place, ${bytesOf}, t.xmin::text as xmin ${from}`,
    key.map((_, at) => was.map((row) => textColumn(row, `k${at}`))),
  );
  const is = new Map(
    rows.map((row) => [
      Number(textColumn(row, 'place')),
      { bytes: textColumn(row, 'bytes'), xmin: Number(textColumn(row, 'xmin')) },
    ]),
  );
  for (const [at, row] of was.entries()) yield [textColumn(row, 'bytes'), is.get(at + 1)];
}
