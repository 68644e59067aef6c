import { textColumn } from './column.js';
import type { Session } from './session.js';
import type { WalTransaction } from './wal-transaction.js';

export interface Harm {
  /** As schema.name; `object <number>` where nothing tells the name of what was dropped. */
  readonly table: string;
  readonly did: 'dropped' | 'emptied' | 'deleted' | 'updated';
  /** Null: the log does not say how many rows a file held. */
  readonly rows: number | null;
}

/** A committed transaction that took something away. */
export interface Suspect extends Pick<
  WalTransaction,
  'xid' | 'xids' | 'firstLsn' | 'commitLsn' | 'committedAt'
> {
  readonly harms: readonly Harm[];
  /** How many later transactions changed rows: a recovery of everything to just before this one would lose them. */
  readonly laterCommits: number;
  /** Whether it touched a table that is known to have lost something. */
  readonly wanted: boolean;
}

export interface SuspectsRequest {
  readonly session: Session;
  readonly database: number;
  readonly tables: readonly string[];
  readonly found: readonly { readonly transaction: WalTransaction; readonly laterCommits: number }[];
}

/** Gives files and numbers the names that the live database knows for them, and ranks. Those that hurt nothing known are left out. */
export async function nameSuspects(request: SuspectsRequest): Promise<Suspect[]> {
  const { session, database, found, tables } = request;
  const names = await namesOf(session, database, found);
  const missing = await missingOf(session, tables);
  const suspects = found.map(({ transaction, laterCommits }): Suspect => {
    const { xid, xids, firstLsn, commitLsn, committedAt } = transaction;
    const harms = harmsOf(transaction, database, names, missing);
    const wanted = harms.some(({ table }) => tables.some((one) => bare(one) === bare(table)));
    return { xid, xids, firstLsn, commitLsn, committedAt, harms, laterCommits, wanted };
  });
  return suspects.filter(({ harms }) => harms.length > 0).sort(bySuspicion);
}

interface Names {
  /** `tablespace/database/file` → schema.name. */
  readonly files: ReadonlyMap<string, string>;
  /** Number → schema.name. */
  readonly numbers: ReadonlyMap<number, string>;
}

const ordinary = `c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

async function namesOf(session: Session, database: number, found: SuspectsRequest['found']): Promise<Names> {
  const files = new Set(found.flatMap(({ transaction }) => [...transaction.files.keys()]));
  const inFiles = await session.query(
    `select f.file, format('%s.%s', n.nspname, c.relname) as name
       from unnest($1::text[]) f(file), pg_database d,
            pg_filenode_relation(case when split_part(f.file, '/', 1)::oid = d.dattablespace then 0 else split_part(f.file, '/', 1)::oid end,
                                 split_part(f.file, '/', 3)::oid) r(oid)
       join pg_class c on c.oid = r.oid join pg_namespace n on n.oid = c.relnamespace
      where d.datname = current_database() and ${ordinary}`,
    [[...files].filter((file) => Number(file.split('/')[1]) === database)],
  );
  const numbers = new Set(found.flatMap(({ transaction }) => [...transaction.locked]));
  const byNumber = await session.query(
    `select c.oid::int8 as number, format('%s.%s', n.nspname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid in (select unnest($1::int8[])::oid) and ${ordinary}`,
    [[...numbers]],
  );
  return {
    files: new Map(inFiles.map((row) => [textColumn(row, 'file'), textColumn(row, 'name')])),
    numbers: new Map(byNumber.map((row) => [Number(row['number']), textColumn(row, 'name')])),
  };
}

async function missingOf(session: Session, tables: readonly string[]): Promise<string[]> {
  const rows = await session.query(
    `select name from unnest($1::text[]) name where to_regclass(name) is null order by 1`,
    [[...tables]],
  );
  return rows.map((row) => textColumn(row, 'name'));
}

function harmsOf(
  { files, removed, made, dropped, locked }: WalTransaction,
  database: number,
  names: Names,
  missing: readonly string[],
): Harm[] {
  const harms: Harm[] = [];
  // A rewrite (VACUUM FULL, CLUSTER) makes a relation only to exchange files with it and drops it again: that is no loss.
  const makes = new Set(made.map((file) => Number(file.split('/')[2])));
  const gone = removed.some((file) => Number(file.split('/')[1]) === database)
    ? dropped.filter((number) => !makes.has(number))
    : [];
  if (gone.length > 0) {
    if (missing.length > 0)
      harms.push(...missing.map((table) => ({ table, did: 'dropped' as const, rows: null })));
    else harms.push({ table: `object ${Math.min(...gone)}`, did: 'dropped', rows: null });
  } else if (removed.length > 0 && made.length > 0 && dropped.length === 0) {
    for (const number of locked) {
      const table = names.numbers.get(number);
      if (table !== undefined) harms.push({ table, did: 'emptied', rows: null });
    }
  }
  for (const [file, { deleted, updated }] of files) {
    const table = names.files.get(file);
    if (table === undefined) continue;
    if (deleted > 0) harms.push({ table, did: 'deleted', rows: deleted });
    if (updated > 0) harms.push({ table, did: 'updated', rows: updated });
  }
  return harms;
}

/** A row that is gone weighs as much as ten that were overwritten, a table that is gone or empty more than any number of rows. */
const weights: { readonly [did in Harm['did']]: number } = {
  dropped: 1,
  emptied: 1,
  deleted: 10,
  updated: 1,
};

function bySuspicion(a: Suspect, b: Suspect): number {
  const weight = ({ harms }: Suspect) =>
    harms.reduce((sum, { did, rows }) => sum + weights[did] * (rows ?? 1e15), 0);
  return Number(b.wanted) - Number(a.wanted) || weight(b) - weight(a) || b.xid - a.xid;
}

function bare(name: string): string {
  return name.replace(/^public\./, '').replaceAll('"', '');
}
