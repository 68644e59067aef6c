import { basename, dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import { processIdentity } from '../../children/index.js';
import {
  clusterState,
  compareLsn,
  startCluster,
  startedWith,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { stopByAnyMeans } from '../physical/set-aside.js';
import { reserveSlot } from '../wal/wal-receiver.js';
import { writeSwapNote } from './cluster-swap-note.js';
import { finishRestored } from './finish-restored.js';
import { halfRestored, noteHalfRestored, removeHalfRestored } from './half-restored.js';
import { lastCheckpoint } from './last-checkpoint.js';
import { inodeOf, requireMovable, spacesOf } from './move-cluster.js';
import { restoreBeside, type BesideRequest } from './restore-beside.js';
import { stampedName } from './stamped-name.js';
import { finishClusterSwap, swapCluster, type SwappedCluster } from './swap-cluster.js';

export interface InPlaceRequest extends BesideRequest {
  /** Rejects unless the cluster is still the one that is meant; asked before it is stopped and before it is renamed. */
  readonly guard: () => Promise<void>;
  /** Asks whoever owns the server to stop it; false: nobody does. */
  readonly ownerStops?: () => Promise<boolean>;
  /** Starts the server in its place; unless told with the arguments that the old one had. */
  readonly start?: (location: ClusterLocation) => Promise<void>;
  /** Of the log's receiver: kept for it from the first commit on. */
  readonly slot?: string;
}

export interface RestoredInPlace {
  readonly swap: SwappedCluster;
  readonly recoveredTo: string;
  /** What was compared or measured before the swap. */
  readonly evidence: readonly string[];
  /** For how long nobody could connect. */
  readonly downMs: number;
  readonly durationMs: number;
}

/**
 * Restores a whole cluster beside the one in service, compares it, and puts it in its place; the old one is kept. Restored up to the
 * latest commit, the old server is stopped first: only then has its log an end. Restored up to an earlier place it serves until the swap.
 * Whatever fails, the old one is in its place and runs again if it did; after a kill the next call sees to that.
 */
export async function restoreInPlace(request: InPlaceRequest): Promise<RestoredInPlace> {
  const startedAt = performance.now();
  const { tools, current, signal, until } = request;
  const start = await startAsBefore(request);
  await finishInPlace(tools, current, { start });
  const state = await clusterState(current);
  if (state === 'absent')
    throw new Failure('refused', `there is no cluster at ${current.dataDirectory} to replace`, {
      hint: `Restore into that folder: \`firedrill restore --into ${current.dataDirectory}\`.`,
    });
  const now = new Date();
  const keepAs = join(
    dirname(current.dataDirectory),
    stampedName(basename(current.dataDirectory), 'before', now),
  );
  await requireMovable(current.dataDirectory, keepAs);
  const side = await noteHalfRestored(current, now);
  const stopsFirst = until === 'latest' && state === 'running';
  let stoppedAt: number | null = null;
  try {
    if (stopsFirst) {
      stoppedAt = performance.now();
      await stopForRestore(request, side, keepAs);
    }
    const { recoveredTo, evidence } = await restoreBeside(request, side);
    evidence.push(...(await requireEverything(request, recoveredTo)));
    await finishRestored({ tools, location: side, signal, progress: request.progress });
    if (request.slot !== undefined) await reserveSlot(side, request.slot);
    if (signal?.aborted === true) throw new Failure('cancelled', 'the restore was cancelled');
    request.progress?.({ stage: 'swapping' });
    const { guard, ownerStops, output } = request;
    const swap = await swapCluster({
      ...{ tools, current, replacement: side, keepAs, guard, start, stoppedBefore: stopsFirst },
      ...(ownerStops === undefined ? {} : { ownerStops }),
      ...(output === undefined ? {} : { output }),
    });
    const downMs = stoppedAt === null ? swap.downMs : performance.now() - stoppedAt;
    return { swap, recoveredTo, evidence, downMs, durationMs: performance.now() - startedAt };
  } catch (failure) {
    // Stopped, and not swapped: its note says that it ran.
    const undone = await finishClusterSwap(tools, current, { start }).catch((undo: unknown) => {
      throw stillDown(failure, undo, current);
    });
    for (const line of undone) request.output?.(line);
    throw failure;
  } finally {
    await removeHalfRestored(side);
  }
}

/**
 * Ends what a killed restore in place left: the old cluster in its place, started if it ran, and nothing half made beside it. Says what
 * it did, a line each. Rejects with `unavailable` while a live process is at it.
 */
export async function finishInPlace(
  tools: PostgresTools,
  current: ClusterLocation,
  options: { readonly start?: (location: ClusterLocation) => Promise<void> } = {},
): Promise<string[]> {
  const left = await halfRestored(current);
  const done = await finishClusterSwap(tools, current, options);
  for (const side of left) {
    await removeHalfRestored(side);
    done.push(`removed the half-made ${side.dataDirectory}`);
  }
  return done;
}

/** How the server is started in its place, read while the old one is there. */
export async function startAsBefore({
  tools,
  current,
  start,
}: Pick<InPlaceRequest, 'tools' | 'current' | 'start'>): Promise<
  (location: ClusterLocation) => Promise<void>
> {
  if (start !== undefined) return start;
  const args = await startedWith(current.dataDirectory);
  return async (location) => {
    await startCluster(tools, location, { args });
  };
}

/** The note comes first: whoever finds it after a kill starts the server again. */
async function stopForRestore(
  { tools, current, guard, ownerStops, output }: InPlaceRequest,
  side: ClusterLocation,
  keepAs: string,
): Promise<void> {
  await guard();
  const data = (await inodeOf(current.dataDirectory)) ?? 0;
  await writeSwapNote({
    format: 'firedrill-cluster-swap-1',
    ...{ current, replacement: side, keepAs, ran: true },
    inodes: {
      current: { data, spaces: await inodeOf(spacesOf(current.dataDirectory)) },
      // Nothing stands there yet.
      replacement: { data: 0, spaces: null },
    },
    at: new Date().toISOString(),
    process: processIdentity(process.pid),
  });
  await ownerStops?.();
  const how = await stopByAnyMeans(tools, current);
  output?.(`stopped ${current.dataDirectory} (${how}), so that its log has an end`);
}

/** Of a server that shut down, the control file says where its log ends: a recovery to the latest must have come past that. */
async function requireEverything(
  { tools, current, until }: InPlaceRequest,
  recoveredTo: string,
): Promise<string[]> {
  if (until !== 'latest') return [];
  const last = await lastCheckpoint(tools, current.dataDirectory);
  if (last?.shutDown !== true)
    return [
      `the old one had not shut down cleanly: whether its last commits are in the log that was replayed is not known`,
    ];
  if (compareLsn(recoveredTo, last.lsn) > 0)
    return [
      `replayed to ${recoveredTo}, past the old one's last record at ${last.lsn}: no commit is missing`,
    ];
  throw new Failure(
    'check',
    `the log that was replayed ends at ${recoveredTo}, the old cluster's at ${last.lsn}: commits would be missing`,
    {
      hint: 'Bring the missing segments from its pg_wal to the log, or say with --to how far the restore may go.',
    },
  );
}

function stillDown(failure: unknown, undo: unknown, { dataDirectory }: ClusterLocation): Failure {
  const said = (one: unknown) => (one instanceof Error ? one.message : String(one));
  return new Failure(
    failure instanceof Failure ? failure.reason : 'unavailable',
    `${said(failure)}; and the old cluster does not run again: ${said(undo)}`,
    {
      hint: `Its files are whole, at ${dataDirectory} or beside it; \`firedrill restore --kept\` says what is to be done.`,
      cause: failure,
    },
  );
}
