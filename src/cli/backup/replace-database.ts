import { requireKind, restoreIntoService, type StagedSet } from '../../backup/index.js';
import { Failure, formatDuration } from '../../base/index.js';
import { connectTo, textOrNull, type ClusterLocation } from '../../postgres/index.js';
import { keptHints } from './kept-commands.js';
import type { Restored, RestoreJob } from './restore-job.js';
import { requireStore } from './take-set.js';

/** Restores one database into the place of the one in service. */
export async function replaceDatabase(
  { tools, scope, work }: RestoreJob,
  set: StagedSet,
  database: string,
): Promise<Restored> {
  const { location } = scope;
  const { store } = requireStore(scope);
  const before = await oidOf(location, database);
  try {
    const result = await restoreIntoService({
      ...{ tools, set: requireKind(set, 'logical'), location, database },
      guard: async () => scope.guard(`replace ${database}`),
      safety: { store, signer: scope.signer(), trusted: scope.trusted(), source: scope.policy },
      ...{ signal: work.signal, progress: work.view.report },
    });
    const kept = result.swap === null ? null : result.swap.keptAs;
    return {
      lines: [
        `${database} on ${location.host}:${location.port} is the restored one, after ${formatDuration(result.durationMs)}`,
        ...result.evidence.map((one) => `  ${one}`),
        ...(result.safety === null ? [] : [`  safety copy  ${result.safety.set}`]),
        ...(kept === null
          ? []
          : [`  kept         the old one, closed, as ${kept}`, ...keptHints(kept, scope.environment)]),
      ],
      data: { ...result },
    };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const state = await whatIsThere(location, database, before);
    throw new Failure(failure.reason, `${failure.message}; ${state}`, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      cause: failure,
    });
  }
}

/** Tells one database from another of the same name; null when there is none. */
async function oidOf(location: ClusterLocation, database: string): Promise<string | null> {
  const session = await connectTo(location, { database: 'postgres', applicationName: 'firedrill restore' });
  try {
    const [row] = await session.query('select oid::text as oid from pg_database where datname = $1', [
      database,
    ]);
    return textOrNull(row, 'oid');
  } finally {
    await session.end();
  }
}

/** After a failure somebody has to know what clients find now: asked, not assumed. */
async function whatIsThere(
  location: ClusterLocation,
  database: string,
  before: string | null,
): Promise<string> {
  try {
    const session = await connectTo(location, {
      database,
      applicationName: 'firedrill restore',
      readOnly: true,
    });
    try {
      const [row] = await session.query(
        `select count(*)::int4 as relations from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
      );
      const now = await oidOf(location, database);
      const which = before === null ? 'a database' : now === before ? 'the old' : 'the RESTORED';
      return `${which} ${database} is there and answers (${Number(row?.['relations'])} tables, asked at ${new Date().toISOString()})`;
    } finally {
      await session.end();
    }
  } catch (error) {
    return `whether ${database} works could not be found out: ${error instanceof Error ? error.message : String(error)}`;
  }
}
