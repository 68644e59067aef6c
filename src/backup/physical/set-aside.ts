import { rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  clusterState,
  findPostmaster,
  killCluster,
  requireEmptyTarget,
  runTool,
  stopCluster,
  streamsOf,
  waitsFor,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { makeDurableFolder, syncFolder } from '../../store/index.js';

/** A stop that takes longer waits for somebody. */
const tellAfterMs = 2000;

/**
 * Stops a cluster, whatever it takes, and gives its data directory another name; no byte is copied. Rejects with `refused`
 * when the new name lies on another file system or is taken. Returns the cluster's location under the new name. `ownerStops`
 * asks whoever owns the server to stop it; false: nobody does. `clean` says whether the server shut down by itself: then everything
 * was sent to whoever streams its WAL; otherwise its last commits may lie in its own pg_wal alone.
 */
export async function setAside(
  tools: PostgresTools,
  location: ClusterLocation,
  to: string,
  ownerStops?: () => Promise<boolean>,
  /** A clean stop waits until the streams have received everything; cut short, they never do. */
  fastStopMs = 240_000,
  /** Told, a line each, whom a stop that takes its time waits for. */
  say: (line: string) => void = () => undefined,
): Promise<{
  readonly location: ClusterLocation;
  readonly stoppedBy: 'was-stopped' | 'owner' | 'fast' | 'immediate' | 'kill';
  readonly clean: boolean;
}> {
  if ((await clusterState(location)) === 'absent') {
    throw new Failure('refused', `there is no cluster at ${location.dataDirectory} to set aside`);
  }
  const taken = await stat(to).then(
    () => true,
    () => false,
  );
  if (taken) throw new Failure('refused', `${to} exists already, and nothing is overwritten`);
  await requireEmptyTarget(to);
  await makeDurableFolder(dirname(to));
  const [from, into] = await Promise.all([stat(location.dataDirectory), stat(dirname(to))]);
  if (from.dev !== into.dev) {
    throw new Failure(
      'refused',
      `${dirname(to)} is on another file system than ${location.dataDirectory}, so it would have to be copied`,
      {
        hint: `Choose a name beside it, such as ${location.dataDirectory}.${basename(to)}.`,
      },
    );
  }
  const asked =
    (await clusterState(location)) === 'running' && ownerStops !== undefined && (await ownerStops());
  // A server that is stopping answers nobody, so it is asked beforehand.
  const streams = await streamsOf(location);
  const telling = setTimeout(() => waitsFor(streams).forEach(say), tellAfterMs);
  const stopped = await stopByAnyMeans(tools, location, fastStopMs).finally(() => clearTimeout(telling));
  // Cut off from its streams a server may still write its last checkpoint: the control file alone says too little.
  const clean = stopped !== 'immediate' && stopped !== 'kill' && (await wasShutDown(tools, location));
  const stoppedBy = asked && stopped === 'was-stopped' ? 'owner' : stopped;
  await rename(location.dataDirectory, to);
  await syncFolder(dirname(to));
  await syncFolder(dirname(location.dataDirectory));
  return { location: { ...location, dataDirectory: to }, stoppedBy, clean };
}

/** Fast, then immediate, then by force; says what it took. */
export async function stopByAnyMeans(
  tools: PostgresTools,
  location: ClusterLocation,
  fastStopMs = 240_000,
): Promise<'was-stopped' | 'fast' | 'immediate' | 'kill'> {
  if ((await findPostmaster(location.dataDirectory)) === null) return 'was-stopped';
  for (const [mode, timeoutMs] of [
    ['fast', fastStopMs],
    ['immediate', 10_000],
  ] as const) {
    const stopped = await stopCluster(tools, location, mode, { timeoutMs }).then(
      () => true,
      (cause: unknown) => {
        if (cause instanceof Failure && cause.reason === 'timeout') return false;
        throw cause;
      },
    );
    if (stopped) return mode;
  }
  await killCluster(location);
  return 'kill';
}

/** From the control file, for a server that somebody else stopped. */
async function wasShutDown(tools: PostgresTools, location: ClusterLocation): Promise<boolean> {
  const said: Uint8Array[] = [];
  return runTool(tools, 'pg_controldata', [location.dataDirectory], {
    location: null,
    env: { LC_ALL: 'C' },
    onOutput: (chunk) => said.push(chunk),
  }).then(
    () => /^Database cluster state:\s+shut down( in recovery)?$/m.test(Buffer.concat(said).toString()),
    // Nothing can be said of a control file that cannot be read, and silence is not a clean stop.
    () => false,
  );
}
