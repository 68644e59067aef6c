import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  claimTarget,
  finishRestored,
  judgeTarget,
  requireKind,
  restoreDatabase,
  stageSet,
  type StagedSet,
} from '../../backup/index.js';
import { Failure, formatDuration, shellWords } from '../../base/index.js';
import { freePort, type ClusterLocation } from '../../postgres/index.js';
import { makeCluster } from './make-cluster.js';
import { replaceCluster } from './replace-cluster.js';
import { replaceDatabase } from './replace-database.js';
import type { Restored, RestoreJob } from './restore-job.js';
import type { RestoreMode } from './restore-mode.js';
import { requireTables, restoreTables } from './restore-tables.js';
import { socketPlace, type SocketPlace } from './socket-place.js';

/** Fetches, decrypts and restores, the way that was chosen. */
export async function performRestore(job: RestoreJob, mode: RestoreMode): Promise<Restored> {
  const { found, identities, stagingDirectory, work } = job;
  // Hours of fetching are not begun for a name that was typed wrongly, or for a place that is taken.
  if (mode.kind === 'tables') await requireTables(job, mode);
  if (mode.kind === 'cluster') await judgeTarget(mode.directory);
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
  const passfile = scope.location.passfile === null ? null : `${mode.directory}.pass`;
  const hadPassfile = passfile !== null && existsSync(passfile);
  const claim = await claimTarget(mode.directory, {
    set: set.id,
    goesWithIt: [
      ...[`${mode.directory}.tablespaces`, `${mode.directory}.run`],
      ...(passfile === null || hadPassfile ? [] : [passfile]),
    ],
  });
  const { user, database, account } = scope.location;
  let sockets: SocketPlace | null = null;
  let into: ClusterLocation;
  let recoveredTo: string | null;
  try {
    sockets = await socketPlace(mode.directory);
    into = {
      ...{ dataDirectory: mode.directory, socketDirectory: sockets.socketDirectory, host: '127.0.0.1' },
      ...{ port: mode.port ?? (await freePort()), user, database, account, passfile },
    };
    recoveredTo = await makeCluster(job, set, mode.until, {
      ...{ tools, into, signal: work.signal, report: work.view.report, settings: claim.settings },
      passwordFrom: scope.location,
    });
  } catch (failure) {
    // Whatever stood in the target before is not ours; what the restore itself made of it is gone already.
    await sockets?.remove();
    if (passfile !== null && !hadPassfile) await rm(passfile, { force: true });
    await claim.drop().catch(() => undefined);
    throw failure;
  }
  try {
    await claim.whole();
    await finishRestored({ tools, location: into, signal: work.signal, progress: work.view.report });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    throw notFinished(failure, into);
  } finally {
    await claim.finish().catch(() => undefined);
  }
  return { lines: clusterLines(job, into, recoveredTo, sockets), data: clusterData(into, recoveredTo) };
}

/** Hours of replay are not thrown away because one table cannot be analysed. */
export function notFinished(
  failure: Failure,
  { dataDirectory, port }: Pick<ClusterLocation, 'dataDirectory' | 'port'>,
): Failure {
  const rest =
    'It was left as it is. Its statistics may be missing: run `vacuumdb --all --analyze-only` once it is sound.';
  return new Failure(
    failure.reason,
    `restored into ${dataDirectory}, where it runs on port ${port}, but not finished: ${failure.message}`,
    { hint: failure.hint === undefined ? rest : `${failure.hint} ${rest}`, cause: failure },
  );
}

function clusterData(into: ClusterLocation, recoveredTo: string | null): Restored['data'] {
  const { dataDirectory: directory, socketDirectory, host, port } = into;
  return { directory, socketDirectory, host, port, recoveredTo, compared: false };
}

function clusterLines(
  job: RestoreJob,
  { dataDirectory, host, port, user, database, account, passfile }: ClusterLocation,
  recoveredTo: string | null,
  { goesWithIt }: SocketPlace,
): string[] {
  const withPassword = passfile === null ? '' : `PGPASSFILE=${passfile} `;
  const spaces = `${dataDirectory}.tablespaces`;
  const all = [dataDirectory, spaces, goesWithIt, passfile ?? ''].filter((path) => existsSync(path));
  return [
    `restored into ${dataDirectory}; it runs on ${host}:${port}, statistics are there`,
    ...(recoveredTo === null ? [] : [`  recovered to ${recoveredTo}`]),
    notCompared(job),
    `  look at it   ${withPassword}psql -h ${host} -p ${port} -U ${user} ${database}`,
    `  stop it      pg_ctl stop -D ${dataDirectory}${account === null ? '' : `, as ${account.name}`}`,
    `  remove it    once it is stopped: ${shellWords(['rm', '-r', ...all])}`,
  ];
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
