import { Failure } from '../../base/index.js';
import {
  changedCollations,
  connectTo,
  indexesOrderedBy,
  partitionedBy,
  refreshCollation,
  reindex,
  runTool,
  sqlState,
  textColumn,
  type ChangedCollation,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import type { Progress } from '../progress.js';

export interface FinishRequest {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  /** Every one that takes connections unless told. */
  readonly databases?: readonly string[];
  /** Tables that are analysed at the same time; 2 unless told. */
  readonly jobs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly output?: ((text: string | Uint8Array) => void) | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

export interface FinishedDatabase {
  readonly database: string;
  /** Tables that had no statistics, and have them now. */
  readonly analysed: number;
  readonly analyseMs: number;
  /** Tables whose oldest transaction was so far back that the server would soon have had to freeze them under load. */
  readonly vacuumed: readonly string[];
  /** Collations whose library has another version than the indexes were built with. */
  readonly collations: readonly ChangedCollation[];
  readonly reindexed: readonly string[];
  readonly reindexMs: number;
  /** What nobody but a person can judge: invalid indexes, partitions ordered by a changed collation. */
  readonly attention: readonly string[];
}

/**
 * What is left to do between “the rows are there” and “restored”. Statistics first: without them the first queries take plans that look
 * like an outage. One pass with everything, not `--analyze-in-stages`: stages help who is in service already, and cost three passes.
 * A physical restore brings its statistics along, so nothing is analysed twice. Indexes are rebuilt only where their order changed.
 */
export async function finishRestored(
  request: FinishRequest,
): Promise<{ readonly databases: readonly FinishedDatabase[]; readonly durationMs: number }> {
  const startedAt = performance.now();
  const databases: FinishedDatabase[] = [];
  for (const database of request.databases ?? (await openDatabases(request.location))) {
    requireGoing(request.signal);
    request.progress?.({ stage: `finishing database ${database}` });
    databases.push(await finishDatabase(request, database));
  }
  return { databases, durationMs: performance.now() - startedAt };
}

async function finishDatabase(request: FinishRequest, database: string): Promise<FinishedDatabase> {
  const session = await connectTo(request.location, { database, applicationName: 'firedrill finish' });
  try {
    const startedAt = performance.now();
    const analysed = await analyse(request, session, database);
    const analyseMs = performance.now() - startedAt;
    request.output?.(`${database}: ${analysed} tables analysed\n`);
    const vacuumed = await vacuumOld(request, session);
    const collations = await changedCollations(session);
    const parts = await partitionedBy(session, collations);
    const indexes = await indexesOrderedBy(session, collations);
    for (const one of collations)
      request.output?.(`${database}: collation ${one.name} is version ${one.is} here, was ${one.was}\n`);
    requireGoing(request.signal);
    const { rebuilt, failed, durationMs } = await rebuild(session, indexes);
    for (const name of rebuilt) request.output?.(`${database}: rebuilt index ${name}\n`);
    // A partition's bounds are not put right by an index: as long as they are in doubt the server goes on warning.
    if (parts.length + failed.length === 0)
      for (const one of collations) await refreshCollation(session, one);
    const attention = [
      ...failed,
      ...(await invalidIndexes(session)).map((name) => `index ${name} is invalid: no query uses it`),
      ...parts.map((name) => `rows of ${name} are placed by a collation that orders otherwise now`),
    ];
    return {
      database,
      analysed,
      analyseMs,
      vacuumed,
      collations,
      reindexed: rebuilt,
      reindexMs: durationMs,
      attention,
    };
  } finally {
    await session.end();
  }
}

/** One that cannot be built is said, and the next is built all the same: two values that were different may be equal now. */
async function rebuild(
  session: Session,
  indexes: readonly { readonly schema: string; readonly name: string }[],
): Promise<{ rebuilt: string[]; failed: string[]; durationMs: number }> {
  const startedAt = performance.now();
  const [rebuilt, failed]: [string[], string[]] = [[], []];
  for (const index of indexes) {
    try {
      rebuilt.push(...(await reindex(session, [index])).rebuilt);
    } catch (failure) {
      if (sqlState(failure) !== '23505' || !(failure instanceof Failure)) throw failure;
      failed.push(`index ${index.schema}.${index.name} cannot be rebuilt: ${failure.message}`);
    }
  }
  return { rebuilt, failed, durationMs: performance.now() - startedAt };
}

/**
 * No column has statistics, and it is not known to be empty. Its count of rows alone says nothing: making an index sets that too
 * (-1: nobody has counted yet, pg_class.reltuples since version 14).
 */
const unknown = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.reltuples <> 0 and not exists (select 1 from pg_statistic s where s.starelid = c.oid)
    and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

async function analyse(request: FinishRequest, session: Session, database: string): Promise<number> {
  const kinds = async (which: string) =>
    (
      await session.query(
        `select format('%I.%I', n.nspname, c.relname) as name ${unknown} and c.relkind in (${which}) order by 1`,
      )
    ).map((row) => textColumn(row, 'name'));
  const tables = await kinds(`'r', 'm'`);
  if (tables.length > 0) {
    const { tools, location, signal, output } = request;
    const args = ['--analyze-only', `--jobs=${request.jobs ?? 2}`, '-w'];
    // Few are named; of many all are taken, because a command line has an end.
    const named = tables.length <= 200 ? tables.map((name) => `--table=${name}`) : [];
    const onOutput = output === undefined ? {} : { onOutput: output };
    await runTool(tools, 'vacuumdb', [...args, ...named], {
      location: { ...location, database },
      signal,
      ...onOutput,
    });
  }
  // vacuumdb leaves partitioned tables out, and nobody else ever analyses them as a whole.
  const parents = await kinds(`'p'`);
  for (const name of parents) {
    requireGoing(request.signal);
    await session.query(`analyze ${name}`);
  }
  return tables.length + parents.length;
}

/** Half way to the age at which the server vacuums against wraparound whatever else it has to do. */
async function vacuumOld(request: FinishRequest, session: Session): Promise<string[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and age(c.relfrozenxid) > current_setting('autovacuum_freeze_max_age')::int8 / 2
      order by age(c.relfrozenxid) desc`,
  );
  const names = rows.map((row) => textColumn(row, 'name'));
  for (const name of names) {
    requireGoing(request.signal);
    await session.query(`vacuum (freeze) ${name}`);
  }
  return names;
}

async function invalidIndexes(session: Session): Promise<string[]> {
  const rows = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relkind = 'i' and not exists (select 1 from pg_stat_progress_create_index p where p.index_relid = c.oid)
      order by 1`,
  );
  return rows.map((row) => textColumn(row, 'name'));
}

async function openDatabases(location: ClusterLocation): Promise<string[]> {
  const session = await connectTo(location, { applicationName: 'firedrill finish', readOnly: true });
  try {
    const rows = await session.query(
      `select datname::text as name from pg_database where datallowconn and not datistemplate order by 1`,
    );
    return rows.map((row) => textColumn(row, 'name'));
  } finally {
    await session.end();
  }
}

function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('cancelled', 'finishing the restore was cancelled');
}
