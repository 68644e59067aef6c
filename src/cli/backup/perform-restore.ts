import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  finishRestored,
  requireKind,
  restoreBackup,
  restoreDatabase,
  restoreIntoService,
  restoreLogical,
  restoreRepository,
  stageSet,
  stageWal,
  type ListedSet,
  type PhysicalManifest,
  type RecoveryUntil,
  type RestoreRequest,
  type StagedSet,
} from '../../backup/index.js';
import { Failure, formatDuration } from '../../base/index.js';
import {
  connectTo,
  freePort,
  textOrNull,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { FoundSet } from './find-set.js';
import type { Work } from './operation.js';
import { openPolicyRepository } from './policy-repository.js';
import type { RestoreMode } from './restore-mode.js';
import type { BackupScope } from './scope.js';
import type { ProgressView } from './show-progress.js';
import { requireStore } from './take-set.js';

export interface RestoreJob {
  readonly found: FoundSet;
  readonly scope: BackupScope;
  readonly tools: PostgresTools;
  readonly identities: readonly string[];
  /** A folder for what is fetched and decrypted. */
  readonly stagingDirectory: string;
  readonly work: Work;
}

export interface Restored {
  readonly lines: readonly string[];
  readonly data: { readonly [key: string]: unknown };
}

/** Fetches, decrypts and restores, the way that was chosen. */
export async function performRestore(job: RestoreJob, mode: RestoreMode): Promise<Restored> {
  const { found, identities, stagingDirectory, work } = job;
  if (mode.kind === 'tables')
    throw new Failure('unavailable', 'single tables are not restored from the command line yet', {
      hint: `Restore the database beside it, \`firedrill restore ${found.set.id} --database … --as …\`, and copy the tables from there.`,
      retryable: false,
    });
  const set = await stageSet({
    ...{ store: found.at.store, set: found.set, into: join(stagingDirectory, 'set'), identities },
    ...{ signal: work.signal, progress: work.view.report },
  });
  if (mode.kind === 'cluster') return restoreCluster(job, set, mode);
  return mode.kind === 'beside' ? restoreBeside(job, set, mode) : replaceDatabase(job, set, mode.database);
}

async function restoreCluster(
  job: RestoreJob,
  set: StagedSet,
  mode: Extract<RestoreMode, { kind: 'cluster' }>,
): Promise<Restored> {
  const { tools, scope, work } = job;
  const into = await placeFor(scope.location, mode);
  const common = {
    ...{ tools, into, signal: work.signal, report: work.view.report },
    passwordFrom: scope.location,
  };
  const recoveredTo = await makeCluster(job, set, mode, common).catch(async (failure: unknown) => {
    // Whatever stood in the target before is not ours; what the restore itself made is gone already.
    await rm(dirname(into.socketDirectory), { recursive: true, force: true });
    throw failure;
  });
  try {
    await finishRestored({ tools, location: into, signal: work.signal, progress: work.view.report });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    // Hours of replay are not thrown away because one table cannot be analysed.
    throw new Failure(
      failure.reason,
      `restored into ${into.dataDirectory}, where it runs on port ${into.port}, but not finished: ${failure.message}`,
      {
        hint: 'It was left as it is. Its statistics may be missing: run `vacuumdb --all --analyze-only` once it is sound.',
        cause: failure,
      },
    );
  }
  const passfile = into.passfile === null ? '' : `PGPASSFILE=${into.passfile} `;
  return {
    lines: [
      `restored into ${into.dataDirectory}; it runs on ${into.host}:${into.port}, statistics are there`,
      ...(recoveredTo === null ? [] : [`  recovered to ${recoveredTo}`]),
      `  look at it   ${passfile}psql -h ${into.host} -p ${into.port} -U ${into.user} ${into.database}`,
      `  stop it      pg_ctl stop -D ${into.dataDirectory}${into.account === null ? '' : `, as ${into.account.name}`}`,
    ],
    data: { directory: into.dataDirectory, host: into.host, port: into.port, recoveredTo },
  };
}

/** Returns how far the log was replayed; null where none is. */
async function makeCluster(
  job: RestoreJob,
  set: StagedSet,
  { until }: Extract<RestoreMode, { kind: 'cluster' }>,
  common: Pick<RestoreRequest, 'tools' | 'into' | 'signal' | 'passwordFrom'> & Pick<ProgressView, 'report'>,
): Promise<string | null> {
  const { report, ...rest } = common;
  if (set.manifest.kind === 'physical') {
    const physical = requireKind(set, 'physical');
    const walDirectory = await logFor(job, physical, until);
    const done = await restoreBackup({
      ...{ ...rest, progress: report, set: physical, walDirectory, until, isolate: true },
    });
    return done.recoveredTo;
  }
  if (set.manifest.kind === 'pgbackrest') {
    const repository = await openPolicyRepository(job.scope, job.tools);
    const done = await restoreRepository({
      ...{ ...rest, repository, set: requireKind(set, 'pgbackrest') },
      ...{ progress: report, until, isolate: true },
    });
    return done.recoveredTo;
  }
  if (until !== 'latest')
    throw new Failure(
      'refused',
      `backup ${set.id} is ${set.manifest.kind}: it holds one moment, and no log follows it`,
      { hint: 'Choose a physical set for --to; `firedrill backups` lists them.' },
    );
  await restoreLogical({ ...rest, progress: report, set: requireKind(set, 'logical') });
  return null;
}

async function placeFor(
  like: ClusterLocation,
  { directory, port }: Extract<RestoreMode, { kind: 'cluster' }>,
): Promise<ClusterLocation> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o755 });
  // A socket's path has 103 bytes at most.
  const sockets = await mkdtemp(join(existsSync('/tmp') ? '/tmp' : tmpdir(), 'fd-'));
  await chmod(sockets, 0o711);
  return {
    dataDirectory: directory,
    socketDirectory: join(sockets, 'run'),
    host: '127.0.0.1',
    port: port ?? (await freePort()),
    ...{ user: like.user, database: like.database, account: like.account },
    passfile: like.passfile === null ? null : `${directory}.pass`,
  };
}

/** The receiver's folder goes with the store of this machine; with any other goes what was shipped there. */
async function logFor(
  job: RestoreJob,
  set: ListedSet<PhysicalManifest>,
  until: RecoveryUntil,
): Promise<string> {
  const { found, scope, identities, stagingDirectory, work } = job;
  if (scope.wal !== null && found.at.store.kind === 'local') return scope.wal.directory;
  const { server, wal } = set.manifest;
  work.view.report({ stage: `fetching the log from ${found.at.name}` });
  const staged = await stageWal({
    ...{ store: found.at.store, systemIdentifier: server.systemIdentifier, timeline: wal.timeline },
    ...{ fromLsn: wal.startLsn, segmentBytes: server.walSegmentBytes, into: join(stagingDirectory, 'wal') },
    ...{ identities, account: scope.location.account, signal: work.signal },
  });
  if (staged.gap !== null && until === 'latest') {
    throw new Failure(
      'check',
      `the log in ${found.at.name} lacks segment ${staged.gap}, and later ones are there`,
      {
        hint: 'Bring the segment there from the receiver’s folder or another copy, or say with --to how far the restore may go.',
      },
    );
  }
  return staged.directory;
}

async function restoreBeside(
  { tools, scope, work }: RestoreJob,
  set: StagedSet,
  { database, as }: Extract<RestoreMode, { kind: 'beside' }>,
): Promise<Restored> {
  const { location } = scope;
  const { durationMs, said } = await restoreDatabase({
    ...{ tools, set: requireKind(set, 'logical'), location, database, as },
    ...{ signal: work.signal, progress: work.view.report },
  });
  await finishRestored({ tools, location, databases: [as], signal: work.signal, progress: work.view.report });
  return {
    lines: [
      `restored ${database} as ${as} on ${location.host}:${location.port} in ${formatDuration(durationMs)}, statistics are there`,
      ...said,
    ],
    data: { database, as, durationMs, said },
  };
}

async function replaceDatabase(
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
      safety: { store, signer: scope.signer(), trusted: scope.trusted(), source: scope.policy },
      ...{ signal: work.signal, progress: work.view.report },
    });
    const kept = result.swap === null ? null : result.swap.keptAs;
    return {
      lines: [
        `${database} on ${location.host}:${location.port} is the restored one, after ${formatDuration(result.durationMs)}`,
        ...result.evidence.map((one) => `  ${one}`),
        ...(result.safety === null ? [] : [`  safety copy  ${result.safety.set}`]),
        ...(kept === null ? [] : [`  kept         the old one, closed, as ${kept}`]),
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
