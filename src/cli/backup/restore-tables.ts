import type { StagedSet } from '../../backup/index.js';
import { didYouMean, Failure, formatDuration } from '../../base/index.js';
import {
  bringBackTables,
  connectTo,
  killCluster,
  textColumn,
  type BroughtBack,
  type BroughtBackTable,
} from '../../postgres/index.js';
import { makeCluster } from './make-cluster.js';
import type { Restored, RestoreJob } from './restore-job.js';
import type { RestoreMode } from './restore-mode.js';

type Tables = Extract<RestoreMode, { kind: 'tables' }>;

/** Rejects with `refused` for a name that is no table of the live database. */
export async function requireTables({ scope }: Pick<RestoreJob, 'scope'>, mode: Tables): Promise<void> {
  const database = mode.database ?? scope.location.database;
  const session = await connectTo(scope.location, {
    ...{ database, applicationName: 'firedrill restore', readOnly: true },
  });
  try {
    const rows = await session.query(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
    );
    const there = rows.map((row) => textColumn(row, 'name'));
    for (const name of mode.tables) {
      const [row] = await session.query(
        `select 1 as one from pg_class where oid = to_regclass($1) and relkind in ('r', 'p')`,
        [name],
      );
      if (row !== undefined) continue;
      const near = didYouMean(name, there);
      throw new Failure('refused', `there is no table ${name} in ${database}, so its rows cannot come back`, {
        hint:
          near === undefined
            ? 'Nothing was changed. Of a table that was dropped, restore the database beside it with --database … --as …, and take its definition from there.'
            : `Nothing was changed. Did you mean ${near}?`,
      });
    }
  } finally {
    await session.end();
  }
}

/** Restores the set into an isolated side instance, copies the tables from there in one transaction, and ends the side instance. */
export async function restoreTables(job: RestoreJob, set: StagedSet, mode: Tables): Promise<Restored> {
  const { scope, scratch: side, tools, work } = job;
  const { location, wal } = scope;
  const database = mode.database ?? location.database;
  const { signal, view } = work;
  let result: BroughtBack;
  try {
    await makeCluster(job, set, mode.until, {
      ...{ tools, into: side, signal, report: view.report, passwordFrom: location },
    });
    view.report({ stage: 'copying the tables' });
    await scope.guard(`bring ${mode.tables.join(', ')} back`);
    result = await bringBackTables({
      ...{ tools, side, target: location, tables: mode.tables, database, signal },
      mode: mode.rows === 'all' ? 'replace' : 'merge-missing',
      writtenSince: mode.throwAway ? 'throw-away' : 'refuse',
      ...(wal === null ? {} : { walDirectory: wal.directory }),
      output: view.say,
    }).catch((failure: unknown) => {
      throw withWayOn(failure, mode);
    });
  } finally {
    // Its folder goes with the rest of the scratch place.
    await killCluster(side);
  }
  const triggers = result.done.flatMap((line) => /^disabled trigger (.+)$/.exec(line)?.[1] ?? []);
  const tables = result.tables.map(({ table, rows, inserted, kept, conflicting }) => ({
    ...{ table, rows, inserted, kept, conflicting },
  }));
  return {
    lines: [
      `${tables.length === 1 ? 'the table is' : `${tables.length} tables are`} back in ${database} on ${location.host}:${location.port}, in one transaction, after ${formatDuration(result.durationMs)} of copying`,
      ...result.tables.map((one) => `  ${tableLine(one, mode)}`),
      triggers.length === 0
        ? '  triggers     there are none that would have fired'
        : `  triggers     did not fire, and are on again as before: ${triggers.join(', ')}`,
      ...result.done.filter((line) => /sequence/.test(line)).map((line) => `  ${line}`),
      '  side         the side instance was stopped and removed',
    ],
    data: { database, rows: mode.rows, tables, triggers, done: result.done, durationMs: result.durationMs },
  };
}

function tableLine(
  { table, rows, inserted, kept, conflicting }: BroughtBackTable,
  { rows: which }: Tables,
): string {
  if (which === 'all') return `${table}: ${rows} rows, count and content hash as in the backup`;
  const differ = conflicting === 0 ? '' : `, ${conflicting} differ from it and were left as they are`;
  return `${table}: ${inserted} missing rows put in, ${kept} are there as in the backup${differ}; ${rows} now`;
}

/** What cannot be proven, somebody may still decide. */
function withWayOn(failure: unknown, { rows, throwAway }: Tables): unknown {
  if (!(failure instanceof Failure) || failure.reason !== 'refused' || rows === 'missing' || throwAway)
    return failure;
  return new Failure('refused', failure.message, {
    hint: 'Nothing was changed. Type --rows missing to put in only what is missing, or --throw-away to lose what was written since.',
    cause: failure,
  });
}
