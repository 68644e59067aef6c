import { Failure } from '../../base/index.js';
import {
  connectTo,
  quoteName,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import { sequencesBehind } from '../expectation/sequence-values.js';
import { compareStructures, readDatabaseStructure } from '../expectation/structure.js';
import { restoreDatabase } from '../logical/restore-database.js';
import type { Progress } from '../progress.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import { fileProblems } from '../set/set-files.js';
import { compareContent } from '../verify/compare-content.js';
import { partDifferences } from '../verify/expected-losses.js';
import { readExpected } from '../verify/restored.js';
import { rollBackSwap } from './accept-swap.js';
import { finishRestored, type FinishedDatabase } from './finish-restored.js';
import { finishSwap } from './finish-swap.js';
import { stampedName } from './stamped-name.js';
import { swapDatabase, tiesOf, type SwappedDatabase, type SwapRequest } from './swap-database.js';
import { takeSafetyCopy, type SafetyCopyTaken, type SafetyRequest } from './take-safety-copy.js';

export interface IntoServiceRequest extends Pick<
  SwapRequest,
  'keepAs' | 'properties' | 'endWithinMs' | 'guard'
> {
  readonly tools: PostgresTools;
  readonly set: StagedSet<LogicalManifest>;
  readonly location: ClusterLocation;
  /** In service now, or gone; of that name in the set. */
  readonly database: string;
  /** Where the copy of what is there now goes; `none` when somebody decided that there is no use in one, and says why. */
  readonly safety: Pick<SafetyRequest, 'store' | 'signer' | 'trusted' | 'source'> | { readonly none: string };
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

export interface IntoService {
  readonly database: string;
  /** Null when there was nothing to replace. */
  readonly swap: SwappedDatabase | null;
  readonly safety: SafetyCopyTaken | null;
  /** What was compared, and what the set had announced as lost. */
  readonly evidence: readonly string[];
  readonly finished: FinishedDatabase;
  /** In order, with milliseconds. */
  readonly stages: readonly { readonly stage: string; readonly ms: number }[];
  readonly said: readonly string[];
  readonly durationMs: number;
}

/**
 * Restores one database of a logical set and puts it in service: set hashed, safety copy taken and read, restored under another name,
 * compared there with what the set expects, finished, and only then swapped. Until the swap an abort or any failure leaves the database
 * in service untouched and removes the new one; after it an abort is not heard, and a failed last check swaps back.
 */
export async function restoreIntoService(request: IntoServiceRequest): Promise<IntoService> {
  const { tools, set, location, database, signal, output, progress } = request;
  const watch = stopwatch(signal, progress);
  const common = {
    tools,
    location,
    ...(signal === undefined ? {} : { signal }),
    ...(output === undefined ? {} : { output }),
  };
  const exists = await watch.run('checking', async () => checkBefore(request));
  const { safety } = request;
  const copy =
    !exists || 'none' in safety
      ? null
      : await watch.run('safety copy', async () =>
          takeSafetyCopy({ ...common, ...safety, progress, of: { kind: 'database', database } }),
        );
  const as = stampedName(database, 'restore', new Date());
  try {
    const jobs = request.jobs === undefined ? {} : { jobs: request.jobs };
    const restored = await watch.run('restoring', async () =>
      restoreDatabase({
        ...common,
        ...jobs,
        set,
        database,
        as,
        ...(progress === undefined ? {} : { progress }),
      }),
    );
    const evidence = await watch.run('comparing', async () => compare(request, as));
    const { databases } = await watch.run('finishing', async () =>
      finishRestored({ ...common, ...jobs, databases: [as] }),
    );
    const [finished] = databases;
    if (finished === undefined) throw new Failure('check', `database ${as} was not there to be finished`);
    const swap = await watch.run('swapping', async () =>
      putInService(request, as, exists, copy?.set ?? null),
    );
    await watch.run('checking the service', async () => checkService(request, swap));
    const { stages, durationMs } = watch.read();
    return {
      ...{ database, swap, safety: copy, evidence, stages, durationMs, said: restored.said },
      finished: { ...finished, database },
    };
  } catch (failure) {
    // What was swapped in has another name by now, and this drops nothing.
    await dropNew(location, as);
    throw failure;
  }
}

/** Whether there is a database to replace. Nothing is touched here. */
async function checkBefore({
  set,
  location,
  database,
  signal,
  output,
}: IntoServiceRequest): Promise<boolean> {
  if (!set.manifest.dump.databases.some((one) => one.name === database))
    throw new Failure('invalid', `backup ${set.id} has no database ${database}`);
  const problems = await fileProblems(set.directory, set.files, signal);
  if (problems.length > 0) throw new Failure('check', `backup ${set.id} is damaged: ${problems.join('; ')}`);
  return beside(location, database, async (session) => {
    const left = await session.query(
      'select datname::text as name from pg_database where starts_with(datname, $1)',
      [`${database}_restore_`],
    );
    for (const row of left)
      output?.(`left by an earlier restore, or one that is at work: database ${textColumn(row, 'name')}\n`);
    const found = await session.query('select 1 as one from pg_database where datname = $1', [database]);
    if (found.length === 0) return false;
    await finishSwap(location, database);
    const ties = await tiesOf(session, database);
    if (ties.length === 0) return true;
    throw new Failure(
      'refused',
      `database ${database} cannot be replaced while others depend on it: ${ties.join(', ')}`,
      {
        hint: 'End the prepared transactions, drop the slots and subscriptions or move them; they do not follow a name.',
      },
    );
  });
}

/** Content and structure as the set expects them of this database. */
async function compare(
  { set, location, database, signal }: IntoServiceRequest,
  as: string,
): Promise<string[]> {
  const { expectation, losses } = set.manifest;
  const content = expectation.databases[database] ?? { tables: [], uncovered: [] };
  const outcome = await compareContent(
    location,
    { expectation: { ...expectation, databases: { [as]: content } } },
    signal,
  );
  if (outcome.verdict === 'fail')
    throw new Failure(
      'check',
      `the restored ${database} does not have the content of backup ${set.id}: ${outcome.evidence.slice(0, 3).join('; ')}`,
    );
  const expected = await readExpected(set);
  const was = expected.databases[database] ?? {};
  const is = await readDatabaseStructure(location, as);
  const differences = [
    ...compareStructures({ [database]: was }, { [database]: is.structure }),
    ...sequencesBehind(expected.sequences[database] ?? {}, is.sequences),
  ];
  const { unexpected, announced } = partDifferences(differences, losses);
  if (unexpected.length > 0)
    throw new Failure(
      'check',
      `the restored ${database} is not built as in backup ${set.id}: ${unexpected.slice(0, 3).join('; ')}`,
    );
  const objects = Object.values(was).reduce((sum, kind) => sum + Object.keys(kind).length, 0);
  return [
    ...outcome.evidence,
    `${objects} objects are as recorded`,
    ...announced.map((one) => `announced when the backup was taken: ${one}`),
  ];
}

async function putInService(
  request: IntoServiceRequest,
  as: string,
  exists: boolean,
  safety: string | null,
): Promise<SwappedDatabase | null> {
  const { location, database, keepAs, properties, endWithinMs, guard, signal, output } = request;
  if (exists)
    return swapDatabase({
      ...{ location, database, with: as, signal, safety, guard },
      ...(keepAs === undefined ? {} : { keepAs }),
      ...(properties === undefined ? {} : { properties }),
      ...(endWithinMs === undefined ? {} : { endWithinMs }),
      ...(output === undefined ? {} : { output: (text: string) => output(`${text}\n`) }),
    });
  await guard?.();
  await beside(location, database, async (session) => {
    await session.query(`alter database ${quoteName(as)} rename to ${quoteName(database)}`);
  });
  return null;
}

/** Connect, read, write an acknowledged record. What cannot is taken out of service again. */
async function checkService(
  { location, database }: IntoServiceRequest,
  swap: SwappedDatabase | null,
): Promise<void> {
  try {
    const session = await connectTo(location, { database, applicationName: 'firedrill restore' });
    try {
      await session.query('select count(*) from pg_class');
      await session.query(
        `set synchronous_commit = local; select pg_logical_emit_message(true, 'firedrill', 'in service')`,
      );
    } finally {
      await session.end();
    }
  } catch (failure) {
    if (swap === null) throw failure;
    const back = await rollBackSwap({ location, kept: swap.keptAs });
    const said = failure instanceof Error ? failure.message : String(failure);
    throw new Failure(
      'check',
      `the restored ${database} could not be used, so the old one is back: ${said}`,
      {
        hint: `The restored one is kept as ${back.keptAs}.`,
        cause: failure,
      },
    );
  }
}

async function dropNew(location: ClusterLocation, as: string): Promise<void> {
  await beside(location, as, async (session) =>
    session.query(`drop database if exists ${quoteName(as)} with (force)`),
  ).catch(() => undefined);
}

async function beside<T>(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const other = database === 'postgres' ? 'template1' : 'postgres';
  const session = await connectTo(location, { database: other, applicationName: 'firedrill restore' });
  return work(session).finally(async () => session.end());
}

function stopwatch(signal: AbortSignal | undefined, progress: ((progress: Progress) => void) | undefined) {
  const startedAt = performance.now();
  const stages: { stage: string; ms: number }[] = [];
  return {
    run: async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
      if (signal?.aborted === true && stage !== 'checking the service')
        throw new Failure('cancelled', 'the restore was cancelled; nothing was replaced');
      progress?.({ stage });
      const from = performance.now();
      const result = await work();
      stages.push({ stage, ms: Math.round(performance.now() - from) });
      return result;
    },
    read: () => ({ stages, durationMs: Math.round(performance.now() - startedAt) }),
  };
}
