import { Failure } from '../../base/index.js';
import {
  hashTables,
  textColumn,
  withSession,
  type ClusterLocation,
  type Session,
} from '../../postgres/index.js';
import type { BackupPolicy } from '../expectation/take-expectation.js';
import type { ListedSet, StagedSet } from '../set/backup-set.js';
import { readExpected } from './restored.js';

/** What is not as the backup says it must still be. Names as schema.name. */
export interface WatchedRows {
  /** Tables that are not there any more. */
  readonly missing: readonly string[];
  /** Tables with fewer rows than they must have. */
  readonly fewer: readonly string[];
  /** Tables with as many rows, but other content. */
  readonly changed: readonly string[];
  /** One line for each of them, with numbers. */
  readonly found: readonly string[];
  /** What was not looked at, and why. */
  readonly unwatched: readonly string[];
}

/**
 * Compares a live database with what a backup of it says of tables that never change, of the recorded part of tables that only grow, and
 * of which tables there are. Reads only. What people added since is no difference.
 */
export async function watchRows(
  location: ClusterLocation,
  database: string,
  set: ListedSet & Partial<Pick<StagedSet, 'directory'>>,
): Promise<WatchedRows> {
  const { databases, hashMethod } = set.manifest.expectation;
  const expected = databases[database];
  const found: string[] = [];
  const [fewer, changed, unwatched]: [string[], string[], string[]] = [[], [], []];
  const options = { database, applicationName: 'firedrill watch-rows', readOnly: true };
  return withSession(location, options, async (session) => {
    const known = await tablesOf(set, database);
    if (known === null) unwatched.push('which tables there are: the list lies encrypted in the set');
    const tables = expected?.tables ?? [];
    const missing = await missingOf(session, [...(known ?? []), ...tables.map((one) => one.table)]);
    found.push(...missing.map((table) => `${table} is not there`));
    for (const was of tables.filter((one) => !missing.includes(one.table))) {
      const upTo = was.upTo === undefined ? {} : { [was.table]: was.upTo };
      const [is] = await hashTables(session, [was.table], { upTo, method: hashMethod });
      if (is === undefined || (is.rows === was.rows && is.hash === was.hash)) continue;
      const part = was.upTo === undefined ? '' : ` up to ${was.upTo.column} ${was.upTo.value}`;
      found.push(
        is.rows === was.rows
          ? `${was.table} has its ${was.rows} rows${part} with other content`
          : `${was.table} has ${is.rows} rows${part}, expected ${was.rows}`,
      );
      (is.rows < was.rows ? fewer : changed).push(was.table);
    }
    for (const one of expected?.uncovered ?? []) unwatched.push(`${one.table}: ${one.why}`);
    if (expected === undefined) unwatched.push(`the set expects nothing of database ${database}`);
    return { missing, fewer, changed, found, unwatched };
  });
}

async function tablesOf(
  set: ListedSet & Partial<Pick<StagedSet, 'directory'>>,
  database: string,
): Promise<string[] | null> {
  if (set.directory === undefined || set.manifest.encryption.length > 0) return null;
  const file = await readExpected({ ...set, directory: set.directory } as StagedSet).catch(
    (cause: unknown) => {
      throw new Failure('check', `the structure that set ${set.id} recorded cannot be read`, { cause });
    },
  );
  return Object.keys(file.databases[database]?.['tables'] ?? {});
}

async function missingOf(session: Session, tables: readonly string[]): Promise<string[]> {
  const rows = await session.query(
    `select distinct name from unnest($1::text[]) name where to_regclass(name) is null order by 1`,
    [[...tables]],
  );
  return rows.map((row) => textColumn(row, 'name'));
}

/**
 * How many rows the server counted as deleted and as overwritten in tables that never change or only grow, since it began to count.
 * Rolled back ones count too, so this is a hint; a TRUNCATE counts none.
 */
export async function countedChanges(
  location: ClusterLocation,
  database: string,
  { staticTables, appendOnly }: BackupPolicy,
): Promise<{ readonly deleted: number; readonly updated: number; readonly tables: readonly string[] }> {
  const options = { database, applicationName: 'firedrill watch-rows', readOnly: true };
  return withSession(location, options, async (session) => {
    const rows = await session.query(
      `select format('%s.%s', s.schemaname, s.relname) as name, s.n_tup_del as deleted, s.n_tup_upd as updated
         from pg_stat_user_tables s where (s.n_tup_del > 0 or s.n_tup_upd > 0)
          and s.relid in (select to_regclass(name)::oid from unnest($1::text[]) name
                          union all select p.relid from unnest($1::text[]) name, pg_partition_tree(to_regclass(name)) p) order by 1`,
      [[...staticTables, ...Object.keys(appendOnly)]],
    );
    const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0);
    const tables = rows.map((row) => textColumn(row, 'name'));
    return { deleted: sum('deleted'), updated: sum('updated'), tables };
  });
}
