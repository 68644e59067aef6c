import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { textColumn } from './column.js';
import { connectClient, type ConnectOptions } from './connect.js';
import { hashInTransaction } from './content-hash.js';
import { dropKey, inboundKeys, remakeKey, type ForeignKey } from './foreign-keys.js';
import { orderByKeys, type KeyOrder } from './key-order.js';
import { liftOwnedSequences } from './lift-sequences.js';
import { mergeMissing, type MergedRows } from './merge-missing.js';
import { openSession } from './open-session.js';
import { quoteName } from './quote.js';
import { proveUnchanged } from './replace-table.js';
import type { Session } from './session.js';
import { pump, sameColumns, userTriggers, type UserTrigger } from './table-parts.js';
import type { PostgresTools } from './tools.js';

export interface BringBackRequest {
  readonly tools: PostgresTools;
  /** Has the good rows: a physical or a logical restore, beside. */
  readonly side: ClusterLocation;
  readonly target: ClusterLocation;
  readonly database: string;
  /** What it is called on the side instance, where that is another name. */
  readonly sideDatabase?: string;
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
  readonly signal?: AbortSignal;
  readonly output?: (text: string) => void;
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
  const startedAt = performance.now();
  const { database, signal } = request;
  const options: ConnectOptions = { applicationName: 'firedrill bring-back' };
  const sideDatabase = request.sideDatabase ?? database;
  const from = await connectClient(request.side, { ...options, database: sideDatabase, readOnly: true });
  try {
    const into = await connectClient(request.target, { ...options, database });
    const abort = (): void => void into.end().catch(() => undefined);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      if (signal?.aborted === true) throw new Failure('cancelled', 'bringing tables back was cancelled');
      const done: string[] = [];
      const note = (text: string) => {
        done.push(text);
        request.output?.(text);
      };
      const [source, target] = [openSession(from), openSession(into)];
      const tables = await target.transaction(async () =>
        source.transaction(async () => bringBack({ request, from, into, source, target, note }), {
          readOnly: true,
          repeatableRead: true,
        }),
      );
      note('committed');
      return { tables, done, durationMs: performance.now() - startedAt };
    } catch (failure) {
      if (signal?.aborted === true && !(failure instanceof Failure && failure.reason === 'unknown-outcome'))
        throw new Failure('cancelled', 'bringing tables back was cancelled; nothing was changed', {
          cause: failure,
        });
      throw failure;
    } finally {
      signal?.removeEventListener('abort', abort);
      await into.end().catch(() => undefined);
    }
  } finally {
    await from.end().catch(() => undefined);
  }
}

interface Work {
  readonly request: BringBackRequest;
  readonly from: Parameters<typeof pump>[0];
  readonly into: Parameters<typeof pump>[1];
  readonly source: Session;
  readonly target: Session;
  readonly note: (text: string) => void;
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
      for (const leaf of await leaves(target, table))
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
  for (const { table, name, enable } of triggers)
    await target.query(`alter table only ${table} ${enable} trigger ${quoteName(name)}`);
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

async function merge({ from, into, target, note }: Work, fill: Fill): Promise<BroughtBackTable> {
  const { table, columns, alike } = fill;
  const count = async () =>
    Number((await target.query(`select count(*)::int8 as n from ${table}`))[0]?.['n']);
  const before = await count();
  const list = columns.map(quoteName).join(', ');
  await target.query(
    `create temporary table firedrill_side on commit drop as select ${list} from ${table} with no data`,
  );
  const stage = 'pg_temp.firedrill_side';
  await pump(from, into, { source: table, table: stage, columns, format: alike ? 'binary' : 'text' });
  await target.query(`analyze ${stage}`);
  const merged = await mergeMissing(target, table, stage, columns);
  await target.query(`drop table ${stage}`);
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

async function leaves(target: Session, table: string): Promise<string[]> {
  const rows = await target.query(
    `select format('%I.%I', n.nspname, c.relname) as sql from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and (c.oid = $1::regclass or c.oid in (select relid from pg_partition_tree($1::regclass) where isleaf)) order by 1`,
    [table],
  );
  return rows.map((row) => textColumn(row, 'sql'));
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

async function disableTriggers(
  { target, note }: Work,
  tables: readonly string[],
): Promise<(UserTrigger & { readonly table: string })[]> {
  const disabled: (UserTrigger & { readonly table: string })[] = [];
  for (const root of tables) {
    for (const table of new Set([root, ...(await leaves(target, root))])) {
      for (const trigger of await userTriggers(target, table)) {
        await target.query(`alter table only ${table} disable trigger ${quoteName(trigger.name)}`);
        note(`disabled trigger ${trigger.name} of ${table}`);
        disabled.push({ ...trigger, table });
      }
    }
  }
  return disabled;
}

async function sameSystem(source: Session, target: Session): Promise<boolean> {
  const sql = 'select system_identifier::text as system from pg_control_system()';
  return (await source.query(sql))[0]?.['system'] === (await target.query(sql))[0]?.['system'];
}
