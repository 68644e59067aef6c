import { stat } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { isAlive, processIdentity } from '../../children/index.js';
import {
  clusterState,
  connectTo,
  readFingerprint,
  startCluster,
  stopCluster,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { setAside } from '../physical/set-aside.js';
import { readSwapNote, removeSwapNote, writeSwapNote, type ClusterSwapNote } from './cluster-swap-note.js';
import { noteKeptCluster, type KeptCluster } from './kept-cluster.js';
import { inodeOf, isThere, moveBack, moveCluster, relink, requireMovable, spacesOf } from './move-cluster.js';
import { putBackSettings, type SettingsPutBack } from './put-back-settings.js';

export interface ClusterSwapRequest {
  readonly tools: PostgresTools;
  /** In service, running or not. */
  readonly current: ClusterLocation;
  /** Restored beside, at another address, and checked. */
  readonly replacement: ClusterLocation;
  /** Where the current data directory is kept, on the same file system. */
  readonly keepAs: string;
  /** Archiving into the archive of the old timeline is on again only where told. */
  readonly archiving?: 'as-before' | 'off';
  /** Put back into service as it was when it was kept: its settings are its own. */
  readonly settings?: 'put-back' | 'leave';
  /** Why the current one goes; `restore` unless told. */
  readonly by?: KeptCluster['by'];
  /** It was stopped for this swap already, and is to be started again when that fails. */
  readonly stoppedBefore?: boolean;
  /** Asked last: between an earlier look and the renames the target may have become another one. */
  readonly guard?: () => Promise<void>;
  /** Asks whoever owns the server to stop it; false: nobody does. */
  readonly ownerStops?: () => Promise<boolean>;
  /** Starts the server in its place; pg_ctl's way unless told. */
  readonly start?: (location: ClusterLocation) => Promise<void>;
  readonly output?: (text: string) => void;
}

export interface SwappedCluster {
  readonly kept: ClusterLocation;
  /** Whether the old one shut down by itself. */
  readonly clean: boolean;
  readonly settings: SettingsPutBack;
  readonly timeline: number;
  /** From the stop of the old server to the first acknowledged write on the new one. */
  readonly downMs: number;
}

/**
 * Puts a restored cluster in the place of the one in service by renames alone: nothing is copied, the old one is kept. Whatever fails,
 * the old one gets its name back and is started again if it ran; a killed process leaves a note, and `finishClusterSwap` does the same
 * from it. Rejects with `refused` before anything is touched when it could not be done by renames.
 */
export async function swapCluster(request: ClusterSwapRequest): Promise<SwappedCluster> {
  const { tools, current, replacement, keepAs } = request;
  if (request.stoppedBefore !== true) await finishClusterSwap(request.tools, current, request);
  const note = await prepare(request);
  await request.guard?.();
  await writeSwapNote(note);
  const say = (text: string) => request.output?.(text);
  try {
    await stopCluster(tools, replacement, 'fast');
    say('stopped the replacement');
    const stoppedAt = performance.now();
    const aside = await setAside(tools, current, keepAs, request.ownerStops);
    if (await isThere(spacesOf(current.dataDirectory))) await moveCluster(current.dataDirectory, keepAs);
    say(`stopped the current one (${aside.stoppedBy}) and renamed it to ${keepAs}`);
    await moveCluster(replacement.dataDirectory, current.dataDirectory);
    say(`renamed ${replacement.dataDirectory} to ${current.dataDirectory}`);
    const settings =
      request.settings === 'leave'
        ? { back: [], stillOff: [] }
        : await putBackSettings(keepAs, current, request.archiving ?? 'off');
    say(`put ${settings.back.length} settings back`);
    await start(request, current);
    say('started');
    const timeline = await requireUsable(current, note);
    say('checked');
    await noteKeptCluster(keepAs, current.dataDirectory, { by: request.by ?? 'restore' });
    await removeSwapNote(current.dataDirectory);
    return {
      ...{ kept: aside.location, clean: aside.clean, settings, timeline },
      downMs: performance.now() - stoppedAt,
    };
  } catch (failure) {
    await rollBack(tools, note, request).catch((undo: unknown) => {
      throw notUndone(failure, undo, note);
    });
    throw failure;
  }
}

/**
 * Ends what a killed swap left: the old cluster is back in its place, started if it ran, and the replacement back in its own. Says
 * what it did, a line each; empty when there was nothing. Rejects with `unavailable` while the process that swaps is alive.
 */
export async function finishClusterSwap(
  tools: PostgresTools,
  current: ClusterLocation,
  options: Pick<ClusterSwapRequest, 'start'> = {},
): Promise<string[]> {
  const note = await readSwapNote(current.dataDirectory);
  if (note === null) return [];
  if (note.process !== null && note.process.pid !== process.pid && isAlive(note.process))
    throw new Failure(
      'unavailable',
      `${current.dataDirectory} is being swapped by process ${note.process.pid}`,
    );
  return rollBack(tools, note, options);
}

async function prepare({
  current,
  replacement,
  keepAs,
  stoppedBefore,
}: ClusterSwapRequest): Promise<ClusterSwapNote> {
  const state = await clusterState(current);
  for (const [one, what] of [
    [current, 'to replace'],
    [replacement, 'to replace it with'],
  ] as const)
    if ((await clusterState(one)) === 'absent')
      throw new Failure('refused', `there is no cluster at ${one.dataDirectory} ${what}`);
  await requireMovable(current.dataDirectory, keepAs);
  const [a, b] = await Promise.all([stat(current.dataDirectory), stat(replacement.dataDirectory)]);
  if (a.ino === b.ino) throw new Failure('refused', `${current.dataDirectory} cannot take its own place`);
  if (a.dev !== b.dev)
    throw new Failure(
      'refused',
      `${replacement.dataDirectory} is on another file system than ${current.dataDirectory}, so it would have to be copied`,
      { hint: 'Restore it beside the one that it is to replace.' },
    );
  return {
    format: 'firedrill-cluster-swap-1',
    ...{ current, replacement, keepAs, ran: state === 'running' || stoppedBefore === true },
    inodes: {
      current: { data: a.ino, spaces: await inodeOf(spacesOf(current.dataDirectory)) },
      replacement: { data: b.ino, spaces: await inodeOf(spacesOf(replacement.dataDirectory)) },
    },
    at: new Date().toISOString(),
    process: processIdentity(process.pid),
  };
}

async function start(
  request: Pick<ClusterSwapRequest, 'start' | 'tools'>,
  location: ClusterLocation,
): Promise<void> {
  if (request.start !== undefined) return request.start(location);
  await startCluster(request.tools, location);
}

/** Back to how it was, from whatever is there: the folders tell by their inodes which is which. */
async function rollBack(
  tools: PostgresTools,
  note: ClusterSwapNote,
  options: Pick<ClusterSwapRequest, 'start'>,
): Promise<string[]> {
  const { current, replacement, keepAs, inodes } = note;
  const done: string[] = [];
  const [here, beside, kept] = [current.dataDirectory, replacement.dataDirectory, keepAs];
  if ((await inodeOf(here)) === inodes.replacement.data) await stopCluster(tools, current, 'fast');
  await moveBack(spacesOf(here), spacesOf(beside), inodes.replacement.spaces);
  if (await moveBack(here, beside, inodes.replacement.data))
    done.push(`renamed the replacement back to ${beside}`);
  await moveBack(spacesOf(kept), spacesOf(here), inodes.current.spaces);
  if (await moveBack(kept, here, inodes.current.data)) done.push(`renamed ${kept} back to ${here}`);
  await relink(beside, spacesOf(here), spacesOf(beside));
  await relink(here, spacesOf(kept), spacesOf(here));
  if (note.ran && (await clusterState(current)) !== 'running') {
    await start({ tools, ...(options.start === undefined ? {} : { start: options.start }) }, current);
    done.push(`started ${current.dataDirectory} again`);
  }
  await removeSwapNote(current.dataDirectory);
  if (done.length === 0)
    done.push(`swapping ${current.dataDirectory} was begun at ${note.at}, and nothing was changed yet`);
  return done;
}

/** Connect, read, write; and that it is the restored one that answers. */
async function requireUsable(location: ClusterLocation, note: ClusterSwapNote): Promise<number> {
  const { timeline, inode, inRecovery } = await readFingerprint(location);
  if (inode !== note.inodes.replacement.data || inRecovery)
    throw new Failure(
      'check',
      `the server at ${location.host}:${location.port} is not the restored one, or still recovering`,
    );
  const session = await connectTo(location, { applicationName: 'firedrill swap' });
  try {
    const [row] = await session.query('select count(*)::int4 as databases from pg_database');
    textColumn(row, 'databases');
    await session.query(
      `set synchronous_commit = local; select pg_logical_emit_message(true, 'firedrill', 'swapped')`,
    );
  } finally {
    await session.end();
  }
  return timeline;
}

function notUndone(failure: unknown, undo: unknown, { current, keepAs }: ClusterSwapNote): Failure {
  const said = (one: unknown) => (one instanceof Error ? one.message : String(one));
  const reason = failure instanceof Failure ? failure.reason : 'unavailable';
  return new Failure(reason, `${said(failure)}; and the old cluster could not be put back: ${said(undo)}`, {
    hint: `Its files are in ${current.dataDirectory} or ${keepAs}; the next restore of this cluster puts it back first.`,
    cause: failure,
  });
}
