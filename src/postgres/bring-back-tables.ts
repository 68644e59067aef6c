import { Failure } from '../base/index.js';
import {
  betweenClusters,
  disableTriggers,
  enableTriggers,
  leavesOf,
  sameSystem,
  type Between,
  type BetweenRequest,
} from './between-clusters.js';
import { textColumn } from './column.js';
import { hashInTransaction } from './content-hash.js';
import { dropKey, inboundKeys, remakeKey, type ForeignKey } from './foreign-keys.js';
import { orderByKeys, type KeyOrder } from './key-order.js';
import { liftOwnedSequences } from './lift-sequences.js';
import { mergeMissing, type MergedRows } from './merge-missing.js';
import { proveUnchanged } from './replace-table.js';
import type { Session } from './session.js';
import { stageRows, stageTable } from './stage-rows.js';
import { pump, sameColumns } from './table-parts.js';
import type { PostgresTools } from './tools.js';

/** The side instance may be a physical or a logical restore. */
export interface BringBackRequest extends BetweenRequest {
  readonly tools: PostgresTools;
  /** As in SQL; partitioned tables as a whole, or single partitions. */
  readonly tables: readonly string[];
  /**
   * `replace`: the tables hold exactly the side's rows afterwards. `merge-missing`: only rows whose primary key is missing are put
   * in, nothing that was written since is changed; rows that somebody meant to delete since come back too.
   */
  readonly mode: 'replace' | 'merge-missing';
  /**
   * A replacement throws away what was written since. `refuse`, unless told, proves from the target's log that there is nothing of
   * the kind, which only a physical side instance allows.
   */
  readonly writtenSince?: 'refuse' | 'throw-away';
  readonly walDirectory?: string;
  /** How long to wait for others to let go of the tables; 30 s unless told. */
  readonly lockTimeoutMs?: number;
}

export interface BroughtBackTable extends MergedRows {
  readonly table: string;
  /** In the live table now. */
  readonly rows: number;
}

export interface BroughtBack {
  /** In the order in which they were filled. */
  readonly tables: readonly BroughtBackTable[];
  /** Everything that was done to the target, in order, for the record. */
  readonly done: readonly string[];
  readonly durationMs: number;
}

/**
 * Brings tables back from a side instance into the live database, all in one transaction: either all of them, every foreign key
 * checked, or none. Triggers do not fire, generated columns compute themselves, identities keep their values, owned sequences never
 * go back. Writers wait meanwhile; readers too when tables are replaced. Rejects with `refused`, `check`, `timeout`, `cancelled`.
 */
export async function bringBackTables(request: BringBackRequest): Promise<BroughtBack> {
  const { result, ...rest } = await betweenClusters(request, 'bringing tables back', (between) =>
    bringBack({ ...between, request }),
  );
  return { tables: result, ...rest };
}

interface Work extends Between {
  readonly request: BringBackRequest;
}

async function bringBack(work: Work): Promise<BroughtBackTable[]> {
  const { request, source, target, note } = work;
  const replace = request.mode === 'replace';
  const tables = await resolve(target, request.tables);
  const lock = replace ? 'access exclusive' : 'share row exclusive';
  await target.query(`set local lock_timeout = ${Math.round(request.lockTimeoutMs ?? 30_000)}`);
  // All at once and in one order everywhere: two that do this cannot wait for each other.
  await target.query(`set local row_security = off; lock table ${tables.join(', ')} in ${lock} mode`);
  note(`locked ${tables.join(', ')}`);
  await target.query('set constraints all immediate');
  // Definitions that are read now are run later: every name in them must be whole.
  for (const session of [source, target]) await session.query(`set local search_path = ''`);
  const columns = new Map<string, string[]>();
  for (const table of tables) columns.set(table, await sameColumns(source, target, table));
  if (replace && request.writtenSince !== 'throw-away')
    for (const table of tables)
      for (const leaf of await leavesOf(target, table))
        note(await proveUnchanged({ ...request, table: leaf }, source, target));
  const keyOrder = await orderByKeys(target, tables);
  const keys = await takeKeysOff(work, tables, keyOrder);
  const triggers = await disableTriggers(work, tables);
  if (replace) await target.query(`truncate ${tables.join(', ')}`);
  if (replace) note('emptied the tables into new files');
  const alike = await sameSystem(source, target);
  const results: BroughtBackTable[] = [];
  for (const table of keyOrder.order) {
    const fill = { table, columns: columns.get(table) ?? [], alike };
    results.push(replace ? await refill(work, fill) : await merge(work, fill));
  }
  await enableTriggers(work, triggers);
  for (const key of keys) {
    await remakeKey(target, key);
    note(
      `put foreign key ${key.name} of ${key.table} back${key.validated ? ', every row checked' : ', not validated, as before'}`,
    );
  }
  for (const table of keyOrder.order)
    for (const moved of await liftOwnedSequences(source, target, table)) note(moved);
  for (const table of tables) await target.query(`analyze ${table}`);
  return results;
}

interface Fill {
  readonly table: string;
  readonly columns: readonly string[];
  /** Both are the same cluster at different times: types have the same numbers, and rows the same bytes. */
  readonly alike: boolean;
}

async function refill({ from, into, source, target, note }: Work, fill: Fill): Promise<BroughtBackTable> {
  const { table, columns, alike } = fill;
  const rows = await pump(from, into, { source: table, table, columns, format: alike ? 'binary' : 'text' });
  const method = alike ? 'record' : 'text';
  const [was] = await hashInTransaction(source, [table], {}, method);
  const [is] = await hashInTransaction(target, [table], {}, method);
  if (was?.rows !== is?.rows || was?.hash !== is?.hash || is?.rows !== rows)
    throw new Failure(
      'check',
      `${table} differs after the copy: ${was?.rows ?? 0} rows on the side, ${is?.rows ?? 0} here, hashes ${was?.hash ?? ''} and ${is?.hash ?? ''}`,
    );
  note(`copied ${rows} rows into ${table}: count and content hash are the side's, ${is.hash}`);
  return { table, rows, inserted: rows, kept: 0, conflicting: 0, conflicts: [] };
}

async function merge(work: Work, fill: Fill): Promise<BroughtBackTable> {
  const { target, note } = work;
  const { table, columns } = fill;
  const count = async () =>
    Number((await target.query(`select count(*)::int8 as n from ${table}`))[0]?.['n']);
  const before = await count();
  await stageRows(work, { ...fill, places: null });
  const merged = await mergeMissing(target, table, stageTable, columns);
  await target.query(`drop table ${stageTable}`);
  const rows = await count();
  if (rows !== before + merged.inserted)
    throw new Failure('check', `${table} had ${before} rows, got ${merged.inserted}, and has ${rows}`);
  note(
    `put ${merged.inserted} missing rows into ${table}; ${merged.kept} were there, ${merged.conflicting} differ and were left as they are`,
  );
  return { table, rows, ...merged };
}

/** Every name as one table, quoted and qualified, sorted, each once. */
async function resolve(target: Session, names: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const name of names) {
    const [row] = await target.query(
      `select format('%I.%I', n.nspname, c.relname) as sql, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.oid = to_regclass($1)`,
      [name],
    );
    if (row?.['kind'] !== 'r' && row?.['kind'] !== 'p')
      throw new Failure('refused', `${name} is not a table, so it cannot be brought back by itself`);
    found.add(textColumn(row, 'sql'));
  }
  if (found.size === 0) throw new Failure('invalid', 'no table was named to bring back');
  return [...found].sort();
}

/** Keys that stand in the way: those of others, when rows go; those of circles, which no order satisfies. */
async function takeKeysOff(work: Work, tables: readonly string[], order: KeyOrder): Promise<ForeignKey[]> {
  const { request, target, note } = work;
  const off = new Map<string, ForeignKey>();
  for (const table of tables) {
    const circle = order.inCircles.has(table);
    if (request.mode !== 'replace' && !circle) continue;
    for (const key of await inboundKeys(target, table))
      if (circle || !tables.includes(key.table)) off.set(`${key.table} ${key.name}`, key);
  }
  for (const key of off.values()) {
    await dropKey(target, key);
    note(`took foreign key ${key.name} of ${key.table} off`);
  }
  return [...off.values()];
}
