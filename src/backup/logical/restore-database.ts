import { availableParallelism } from 'node:os';
import { Failure } from '../../base/index.js';
import {
  connectTo,
  quoteName,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import type { Progress } from '../progress.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import { fileProblems } from '../set/set-files.js';
import { finishDatabase, loadDatabase, makeDatabase } from './load-database.js';
import { requireHome } from './missing-for.js';
import { factsOf, readFacts } from './read-facts.js';
import { requireLoadable } from './require-loadable.js';
import { stayConnected } from './stay-connected.js';

export interface RestoreDatabaseRequest {
  readonly tools: PostgresTools;
  readonly set: StagedSet<LogicalManifest>;
  /** A cluster that is there, as a superuser. */
  readonly location: ClusterLocation;
  /** As it is called in the set. */
  readonly database: string;
  /** Name of the new database; none of that name may exist. */
  readonly as: string;
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

export interface RestoredDatabase {
  readonly database: string;
  readonly durationMs: number;
  /** Warnings of PostgreSQL's programs. */
  readonly said: readonly string[];
}

/**
 * Restores one database of a logical set under a new name into a cluster that is there, with its owners, grants and settings. Looks
 * first for everything that it needs. Rejects with `refused` when a database of that name exists; whatever fails, the half-made one
 * is dropped and nothing else was touched.
 */
export async function restoreDatabase(request: RestoreDatabaseRequest): Promise<RestoredDatabase> {
  const { tools, set, location, database, as, signal, output, progress } = request;
  const startedAt = performance.now();
  progress?.({ stage: 'checking' });
  const problems = await fileProblems(set.directory, set.files, signal);
  if (problems.length > 0) throw new Failure('check', `backup ${set.id} is damaged: ${problems.join('; ')}`);
  const facts = factsOf(set, await readFacts(set), database);
  const session = await connectTo(location, { database: 'postgres', applicationName: 'firedrill restore' });
  try {
    await requireFree(session, as);
    await stayConnected(session);
    await requireLoadable(tools);
    await requireHome(session, set, facts);
    await makeDatabase(session, facts, as);
    try {
      // Nobody but this restore comes in before it is whole: ordinary roles have no right to connect yet.
      await session.query(`revoke connect, temporary on database ${quoteName(as)} from public`);
      progress?.({ stage: `restoring database ${database}` });
      const jobs = request.jobs ?? Math.min(4, availableParallelism());
      const said = await loadDatabase({ tools, set, location, facts, as, jobs, signal, output });
      await finishDatabase(location, facts, as);
      return { database: as, durationMs: Math.round(performance.now() - startedAt), said };
    } catch (failure) {
      throw await dropped(location, as, failure);
    }
  } finally {
    await session.end();
  }
}

/** In a session of its own: the other may be what failed. Gives the failure to go on with. */
async function dropped(location: ClusterLocation, as: string, failure: unknown): Promise<unknown> {
  try {
    const session = await connectTo(location, { database: 'postgres', applicationName: 'firedrill restore' });
    await session
      .query(`drop database if exists ${quoteName(as)} with (force)`)
      .finally(async () => session.end());
    return failure;
  } catch {
    const said = failure instanceof Error ? failure.message : String(failure);
    return new Failure('unavailable', `${said}; the half-made database ${as} could not be dropped`, {
      hint: `Nobody uses it. Once the server runs again: \`drop database ${quoteName(as)} with (force)\`.`,
      retryable: false,
      cause: failure,
    });
  }
}

async function requireFree(session: Session, as: string): Promise<void> {
  const found = await session.query('select 1 as one from pg_database where datname = $1', [as]);
  if (found.length === 0) return;
  throw new Failure('refused', `database ${as} exists already, and nothing is overwritten`, {
    hint: 'Choose another name.',
  });
}
