import { basename } from 'node:path';
import { finishInPlace, finishSwap, rollBackCluster, rollBackSwap } from '../../backup/index.js';
import { Failure, formatDuration } from '../../base/index.js';
import { findTools } from '../../postgres/index.js';
import { confirmByName } from './confirm.js';
import { keptCommand } from './kept-commands.js';
import type { KeptJob } from './kept-job.js';
import type { Outcome } from './operation.js';
import { inHands, inodeAt, requireFiles, whatServes } from './replace-cluster.js';

/** Puts what a restore replaced in its place again; what had taken that is kept in turn, with everything written to it. */
export async function rollBackKept(job: KeptJob): Promise<Outcome> {
  const { row, scope, force, work } = job;
  const { location } = scope;
  const { name } = row;
  if (row.kind === 'set')
    throw new Failure('refused', `${name} is a backup, and is not put in place by itself`, {
      hint: row.of.startsWith('cluster')
        ? `Restore it: \`firedrill restore ${name} --in-place\`.`
        : `Restore it: \`firedrill restore ${name} --database <name> --replace\`.`,
    });
  const isCluster = row.kind === 'cluster';
  await scope.guard(`put ${name} in its place again`, { mayBeDown: isCluster });
  if (row.unfinished) return finish(job);
  const typed = row.database ?? location.database;
  const what = isCluster ? `the whole cluster of ${typed}` : typed;
  if (!force)
    await confirmByName(
      typed,
      `${what} on ${location.host}:${location.port} is replaced by ${name}, from ${row.at}`,
      { signal: work.signal },
    );
  work.view.report({ stage: `rolling back to ${name}` });
  return isCluster ? rollBackWhole(job) : rollBackOne(job, typed);
}

async function rollBackOne({ row, scope, work }: KeptJob, database: string): Promise<Outcome> {
  const { location } = scope;
  const done = await rollBackSwap({
    ...{ location, kept: row.name, signal: work.signal, output: work.view.say },
    guard: async () => scope.guard(`replace ${database}`),
  });
  return outcome(
    `${database} on ${location.host}:${location.port} is the one from before the restore; nobody could connect for ${formatDuration(done.closedMs)}`,
    done.keptAs,
    scope.environment,
    { database, downMs: Math.round(done.closedMs) },
  );
}

async function rollBackWhole({ row, scope, work }: KeptJob): Promise<Outcome> {
  const { location: current } = scope;
  requireFiles(scope);
  const tools = await findTools();
  const before = await inodeAt(current);
  try {
    const done = await rollBackCluster({
      ...{ tools, current, kept: row.directory ?? '', output: work.view.say },
      ...(await inHands(scope, tools)),
    });
    const left = await scope.server.inService('rolled-back', tools);
    return outcome(
      `the cluster on ${current.host}:${current.port} is the one from before the restore; nobody could connect for ${formatDuration(done.downMs)}`,
      basename(done.kept.dataDirectory),
      scope.environment,
      { timeline: done.timeline, downMs: Math.round(done.downMs), toDo: left },
      [
        ...left.map((one) => `  to do        ${one}`),
        '  to do        take a backup: those since the restore belong to the other one',
      ],
    );
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    throw new Failure(failure.reason, `${failure.message}; ${await whatServes(current, before)}`, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      cause: failure,
    });
  }
}

/** Nothing of the old one was given up yet, so nobody has to confirm that it comes back. */
async function finish({ row, scope }: KeptJob): Promise<Outcome> {
  const { location } = scope;
  const tools = await findTools();
  const lines =
    row.kind === 'cluster'
      ? await finishInPlace(tools, location, await inHands(scope, tools))
      : await finishSwap(location, row.database ?? '');
  return {
    lines: [`put right what an interrupted restore had left of ${row.of}`, ...lines.map((one) => `  ${one}`)],
    data: { rolledBack: row.name, unfinished: true, done: lines },
    log: `${row.name} put right`,
  };
}

function outcome(
  line: string,
  keptAs: string,
  environment: string,
  data: { readonly [key: string]: unknown },
  more: readonly string[] = [],
): Outcome {
  return {
    lines: [
      line,
      ...more,
      `  kept         the restored one, as ${keptAs}`,
      `  good?        ${keptCommand('--accept', keptAs, environment)}`,
    ],
    data: { keptAs, ...data },
    log: `rolled back, ${keptAs} kept`,
  };
}
