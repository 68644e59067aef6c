import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { textColumn } from './column.js';
import { connectClient, type ConnectOptions } from './connect.js';
import { openSession } from './open-session.js';
import { quoteName } from './quote.js';
import type { Session } from './session.js';
import { userTriggers, type pump, type UserTrigger } from './table-parts.js';

export interface BetweenRequest {
  /** Has the good rows; only read. */
  readonly side: ClusterLocation;
  readonly target: ClusterLocation;
  readonly database: string;
  /** What it is called on the side instance, where that is another name. */
  readonly sideDatabase?: string;
  readonly signal?: AbortSignal;
  readonly output?: (text: string) => void;
}

/** One transaction on each of two clusters: reading in one snapshot there, changing all or nothing here. */
export interface Between {
  readonly from: Parameters<typeof pump>[0];
  readonly into: Parameters<typeof pump>[1];
  readonly source: Session;
  readonly target: Session;
  /** Puts down what was done, for the record. */
  readonly note: (text: string) => void;
}

/**
 * Opens both, does the work, commits. Whatever rejects leaves the target as it was; so does an abort, which rejects with `cancelled`.
 */
export async function betweenClusters<T>(
  request: BetweenRequest,
  what: string,
  work: (between: Between) => Promise<T>,
): Promise<{ readonly result: T; readonly done: readonly string[]; readonly durationMs: number }> {
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
      if (signal?.aborted === true) throw new Failure('cancelled', `${what} was cancelled`);
      const done: string[] = [];
      const note = (text: string) => {
        done.push(text);
        request.output?.(text);
      };
      const [source, target] = [openSession(from), openSession(into)];
      const result = await target.transaction(async () =>
        source.transaction(async () => work({ from, into, source, target, note }), {
          readOnly: true,
          repeatableRead: true,
        }),
      );
      note('committed');
      return { result, done, durationMs: performance.now() - startedAt };
    } catch (failure) {
      if (signal?.aborted === true && !(failure instanceof Failure && failure.reason === 'unknown-outcome'))
        throw new Failure('cancelled', `${what} was cancelled; nothing was changed`, { cause: failure });
      throw failure;
    } finally {
      signal?.removeEventListener('abort', abort);
      await into.end().catch(() => undefined);
    }
  } finally {
    await from.end().catch(() => undefined);
  }
}

/** The tables that hold the rows: the table itself, or the leaves of a partitioned one; quoted and qualified. */
export async function leavesOf(target: Session, table: string): Promise<string[]> {
  const rows = await target.query(
    `select format('%I.%I', n.nspname, c.relname) as sql from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and (c.oid = $1::regclass or c.oid in (select relid from pg_partition_tree($1::regclass) where isleaf)) order by 1`,
    [table],
  );
  return rows.map((row) => textColumn(row, 'sql'));
}

export type DisabledTrigger = UserTrigger & { readonly table: string };

/** Rows that come back must not be told, billed or counted a second time: people's triggers stay silent until `enableTriggers`. */
export async function disableTriggers(
  { target, note }: Pick<Between, 'target' | 'note'>,
  tables: readonly string[],
): Promise<DisabledTrigger[]> {
  const disabled: DisabledTrigger[] = [];
  for (const root of tables) {
    for (const table of new Set([root, ...(await leavesOf(target, root))])) {
      for (const trigger of await userTriggers(target, table)) {
        await target.query(`alter table only ${table} disable trigger ${quoteName(trigger.name)}`);
        note(`disabled trigger ${trigger.name} of ${table}`);
        disabled.push({ ...trigger, table });
      }
    }
  }
  return disabled;
}

export async function enableTriggers(
  { target, note }: Pick<Between, 'target' | 'note'>,
  triggers: readonly DisabledTrigger[],
): Promise<void> {
  for (const { table, name, enable } of triggers) {
    await target.query(`alter table only ${table} ${enable} trigger ${quoteName(name)}`);
    note(`enabled trigger ${name} of ${table} as before`);
  }
}

/** Whether both are the same cluster at different times: types have the same numbers, and rows the same bytes. */
export async function sameSystem(source: Session, target: Session): Promise<boolean> {
  const sql = 'select system_identifier::text as system from pg_control_system()';
  return (await source.query(sql))[0]?.['system'] === (await target.query(sql))[0]?.['system'];
}
