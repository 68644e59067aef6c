import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  finishRestored,
  requireKind,
  restoreDatabase,
  stageSet,
  type StagedSet,
} from '../../backup/index.js';
import { Failure, formatDuration } from '../../base/index.js';
import { freePort, type ClusterLocation } from '../../postgres/index.js';
import { makeCluster } from './make-cluster.js';
import { replaceCluster } from './replace-cluster.js';
import { replaceDatabase } from './replace-database.js';
import type { Restored, RestoreJob } from './restore-job.js';
import type { RestoreMode } from './restore-mode.js';
import { requireTables, restoreTables } from './restore-tables.js';

/** Fetches, decrypts and restores, the way that was chosen. */
export async function performRestore(job: RestoreJob, mode: RestoreMode): Promise<Restored> {
  const { found, identities, stagingDirectory, work } = job;
  // Hours of restoring are not begun for a name that was typed wrongly.
  if (mode.kind === 'tables') await requireTables(job, mode);
  const set = await stageSet({
    ...{ store: found.at.store, set: found.set, into: join(stagingDirectory, 'set'), identities },
    ...{ signal: work.signal, progress: work.view.report },
  });
  switch (mode.kind) {
    case 'cluster':
      return restoreCluster(job, set, mode);
    case 'beside':
      return restoreBeside(job, set, mode);
    case 'replace':
      return replaceDatabase(job, set, mode.database);
    case 'tables':
      return restoreTables(job, set, mode);
    case 'in-place':
      return replaceCluster(job, set, mode);
  }
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
  const recoveredTo = await makeCluster(job, set, mode.until, common).catch(async (failure: unknown) => {
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
      notCompared(job),
      `  look at it   ${passfile}psql -h ${into.host} -p ${into.port} -U ${into.user} ${into.database}`,
      `  stop it      pg_ctl stop -D ${into.dataDirectory}${into.account === null ? '' : `, as ${into.account.name}`}`,
    ],
    data: { directory: into.dataDirectory, host: into.host, port: into.port, recoveredTo, compared: false },
  };
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

/** Only what goes into service is compared with the manifest; beside it nobody is to believe that it was. */
function notCompared({ found, scope }: RestoreJob): string {
  return `  content      not compared with the backup here: \`firedrill verify ${found.set.id} --full --environment ${scope.environment}\` does that`;
}

async function restoreBeside(
  job: RestoreJob,
  set: StagedSet,
  { database, as }: Extract<RestoreMode, { kind: 'beside' }>,
): Promise<Restored> {
  const { tools, scope, work } = job;
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
      notCompared(job),
    ],
    data: { database, as, durationMs, said, compared: false },
  };
}
