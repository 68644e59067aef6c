import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { requireKind, restoreInPlace, startAsBefore, type StagedSet } from '../../backup/index.js';
import { Failure, formatDuration } from '../../base/index.js';
import { connectTo, type ClusterLocation, type PostgresTools } from '../../postgres/index.js';
import { keptHints } from './kept-commands.js';
import { logFor } from './make-cluster.js';
import type { Restored, RestoreJob } from './restore-job.js';
import type { RestoreMode } from './restore-mode.js';
import type { BackupScope } from './scope.js';

/** Restores a whole cluster into the place of the one in service. */
export async function replaceCluster(
  job: RestoreJob,
  staged: StagedSet,
  { until }: Extract<RestoreMode, { kind: 'in-place' }>,
): Promise<Restored> {
  const { scope, tools, work } = job;
  const { location: current, wal } = scope;
  const { view, signal } = work;
  requireFiles(scope);
  const set = requireKind(staged, 'physical');
  const before = await inodeAt(current);
  try {
    const done = await restoreInPlace({
      ...{ tools, set, current, until, signal, progress: view.report, output: view.say },
      ...(await inHands(scope, tools)),
      walDirectory: async () => logFor(job, set, until),
      ...(wal === null ? {} : { slot: wal.slot }),
    });
    const { swap, evidence, recoveredTo, downMs, durationMs } = done;
    const left = await scope.server.inService('restored', tools);
    const kept = basename(swap.kept.dataDirectory);
    return {
      lines: [
        `the cluster on ${current.host}:${current.port} is the restored one, after ${formatDuration(durationMs)}; nobody could connect for ${formatDuration(downMs)}`,
        `  recovered to ${recoveredTo}, timeline ${swap.timeline}`,
        ...evidence.map((one) => `  ${one}`),
        ...archiveLines(swap.settings.stillOff),
        ...left.map((one) => `  to do        ${one}`),
        '  to do        take a backup: those before lead to the old timeline',
        `  kept         the old one, as ${kept}`,
        ...keptHints(kept, scope.environment),
      ],
      data: {
        ...{ recoveredTo, timeline: swap.timeline, kept, keptDirectory: swap.kept.dataDirectory },
        ...{ cleanStop: swap.clean, stillOff: swap.settings.stillOff, evidence, toDo: left },
        ...{ downMs: Math.round(downMs), durationMs: Math.round(durationMs) },
      },
    };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    throw new Failure(failure.reason, `${failure.message}; ${await whatServes(current, before)}`, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      cause: failure,
    });
  }
}

/** What the restore left off on purpose, once for all of it. */
export function archiveLines(stillOff: readonly string[]): string[] {
  if (stillOff.length === 0) return [];
  return [
    `  still off    the archive, if it was on: ${stillOff.join(', ')}`,
    '               once it is known to be right, `alter system set` or `alter system reset` each, then restart',
  ];
}

/** Rejects with `refused` where the data directory is on another machine, or nobody has said where it is. */
export function requireFiles({ hasFiles, environment }: BackupScope): void {
  if (hasFiles) return;
  throw new Failure('refused', `it is not said where the data directory of ${environment} is`, {
    hint: `Add \`dataDirectory\` under \`environments.${environment}.database\` in firedrill.yaml, on the machine where it is.`,
  });
}

/** How a cluster in service is guarded, stopped and started while it is swapped. */
export async function inHands(scope: BackupScope, tools: PostgresTools) {
  const { location: current, server } = scope;
  const { start } = server;
  const begin = await startAsBefore({
    ...{ tools, current },
    ...(start === undefined ? {} : { start: async () => start() }),
  });
  return {
    guard: async () => scope.guard('put another cluster in its place', { mayBeDown: true }),
    ownerStops: async () => server.stop(),
    start: async (location: ClusterLocation) => {
      await begin(location);
      await server.started();
    },
  };
}

export async function inodeAt({ dataDirectory }: ClusterLocation): Promise<number | null> {
  return stat(dataDirectory).then(
    ({ ino }) => ino,
    () => null,
  );
}

/** After a failure somebody has to know what clients find now: asked, not assumed. */
export async function whatServes(location: ClusterLocation, before: number | null): Promise<string> {
  const which = (await inodeAt(location)) === before ? 'the old cluster' : 'ANOTHER cluster';
  try {
    const session = await connectTo(location, { applicationName: 'firedrill restore', readOnly: true });
    await session.query('select count(*) from pg_class').finally(async () => session.end());
    return `${which} is there and answers (asked at ${new Date().toISOString()})`;
  } catch (error) {
    return `${which} is there and does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
