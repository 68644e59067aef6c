import type { Json } from '../base/index.js';
import {
  betweenClusters,
  disableTriggers,
  enableTriggers,
  sameSystem,
  type Between,
  type BetweenRequest,
} from './between-clusters.js';
import { orderByKeys } from './key-order.js';
import { liftOwnedSequences } from './lift-sequences.js';
import { readLoss, type TableLoss, type TransactionPlace } from './lost-rows.js';
import { mergeMissing } from './merge-missing.js';
import { overwriteBad } from './overwrite-bad.js';
import type { PlaceSet } from './place-set.js';
import { recreateTables } from './recreate-tables.js';
import { stageRows, stageTable } from './stage-rows.js';
import { pump, sameColumns } from './table-parts.js';
import type { PostgresTools } from './tools.js';

export interface CopyBackRequest extends BetweenRequest {
  readonly tools: PostgresTools;
  /** Folders with the log's segments; the first that has one counts. */
  readonly places: readonly string[];
  /** Of the receiver of the log. */
  readonly slot: string;
  readonly transaction: TransactionPlace;
  /** How long to wait for others to let go of the tables; 30 s unless told. */
  readonly lockTimeoutMs?: number;
}

export interface CopiedBack {
  readonly table: string;
  readonly did: TableLoss['did'];
  /** Rows that the transaction took away or overwrote. */
  readonly lost: number;
  readonly inserted: number;
  readonly overwritten: number;
  /** Changed since, but for the bad value, which alone was set back. */
  readonly mended: number;
  /** There already as they were. */
  readonly kept: number;
  /** Changed or made anew by others since: left as they are. */
  readonly conflicting: number;
  /** The first hundred of them. */
  readonly conflicts: readonly Json[];
}

/**
 * Undoes one harmful transaction from a side instance of just before it: brings back the rows that it deleted and the tables that it
 * emptied or dropped, and overwrites rows that still hold what it wrote. Nothing that was written since is changed. All of it is one
 * transaction, in the order of the foreign keys, every one of them checked; triggers do not fire; sequences never go back.
 */
export async function copyBack(request: CopyBackRequest): Promise<{
  readonly tables: readonly CopiedBack[];
  readonly done: readonly string[];
  readonly durationMs: number;
}> {
  const { result, ...rest } = await betweenClusters(request, 'copying back', (between) =>
    copyInside(between, request),
  );
  return { tables: result, ...rest };
}

async function copyInside(between: Between, request: CopyBackRequest): Promise<CopiedBack[]> {
  const { source, target, note } = between;
  const loss = await readLoss({ ...request, source, target });
  const losses = new Map(loss.tables.map((one) => [one.table, one]));
  const names = [...losses.keys()].sort();
  if (names.length === 0) return [];
  const dropped = names.filter((name) => losses.get(name)?.did === 'dropped');
  await target.query(`set local lock_timeout = ${Math.round(request.lockTimeoutMs ?? 30_000)}`);
  await target.query('set local row_security = off');
  // All at once and in one order everywhere: two that do this cannot wait for each other. Readers go on, writers wait.
  const there = names.filter((name) => !dropped.includes(name));
  if (there.length > 0) await target.query(`lock table ${there.join(', ')} in share row exclusive mode`);
  if (there.length > 0) note(`locked ${there.join(', ')} against writers`);
  const again = dropped.length === 0 ? null : await recreateTables(between, request, dropped);
  await again?.begin();
  await target.query('set constraints all immediate');
  for (const session of [source, target]) await session.query(`set local search_path = ''`);
  const triggers = await disableTriggers(between, there);
  if (triggers.length === 0)
    note('there are no triggers that could fire for the rows that come back; foreign keys are checked');
  const alike = await sameSystem(source, target);
  const { order } = await orderByKeys(target, names);
  const results: CopiedBack[] = [];
  for (const table of order) {
    const one = losses.get(table);
    if (one === undefined) continue;
    const columns = await sameColumns(source, target, table);
    results.push(await bringBackRows(between, { loss: one, xids: loss.xids, columns, alike }));
  }
  await enableTriggers(between, triggers);
  await again?.finish();
  for (const table of order) for (const moved of await liftOwnedSequences(source, target, table)) note(moved);
  for (const table of names) await target.query(`analyze ${table}`);
  return results;
}

interface TableWork {
  readonly loss: TableLoss;
  readonly xids: readonly number[];
  readonly columns: readonly string[];
  readonly alike: boolean;
}

async function bringBackRows(between: Between, work: TableWork): Promise<CopiedBack> {
  const { target, note } = between;
  const { loss, xids, columns, alike } = work;
  const { table, did } = loss;
  if (did === 'dropped') return refill(between, work);
  const staged = async <T>(places: PlaceSet | null, use: () => Promise<T>) => {
    const rows = await stageRows(between, { table, columns, alike, places });
    const result = await use();
    await target.query(`drop table ${stageTable}`);
    return { rows, result };
  };
  const none = { inserted: 0, kept: 0, conflicting: 0, conflicts: [] };
  const whole = did === 'emptied';
  const gone =
    whole || loss.deleted.size > 0
      ? await staged(whole ? null : loss.deleted, () => mergeMissing(target, table, stageTable, columns))
      : { rows: 0, result: none };
  const bad =
    loss.updated.size > 0
      ? await staged(loss.updated, () => overwriteBad(target, { table, stage: stageTable, columns, xids }))
      : { rows: 0, result: { ...none, overwritten: 0, mended: 0 } };
  const { overwritten, mended } = bad.result;
  const sum = (name: 'kept' | 'conflicting') => gone.result[name] + bad.result[name];
  const { inserted } = gone.result;
  note(
    `${table}: of ${gone.rows} rows that were gone ${inserted} were put back; of ${bad.rows} that were overwritten ` +
      `${overwritten} were set back, ${mended} in that value alone; ${sum('kept')} were right already; ` +
      `${sum('conflicting')} were changed by others since and left as they are`,
  );
  return {
    ...{ table, did, lost: gone.rows + bad.rows, inserted, overwritten, mended },
    kept: sum('kept'),
    conflicting: sum('conflicting'),
    conflicts: [...gone.result.conflicts, ...bad.result.conflicts].slice(0, 100),
  };
}

/** A table that was made again just now is empty, and nobody else sees it before the commit: nothing can be in conflict. */
async function refill({ from, into, note }: Between, work: TableWork): Promise<CopiedBack> {
  const { table, did } = work.loss;
  const format = work.alike ? 'binary' : 'text';
  const lost = await pump(from, into, { source: `only ${table}`, table, columns: work.columns, format });
  note(`${table}: all ${lost} rows were put back`);
  return {
    ...{ table, did, lost, inserted: lost, overwritten: 0, mended: 0, kept: 0, conflicting: 0 },
    conflicts: [],
  };
}
