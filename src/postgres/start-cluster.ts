import { setTimeout as delay } from 'node:timers/promises';
import { stat } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import { isAlive, startDetached, type ProcessIdentity } from '../children/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { findPostmaster } from './postmaster.js';
import { makeOwnedDirectory } from './prepare-directories.js';
import { logEnd, readLogFrom, serverLogFile } from './server-log.js';
import type { Settings } from './settings.js';
import { toolEnvironment } from './tool-environment.js';
import type { PostgresTools } from './tools.js';

export interface StartOptions {
  /** Given on the command line: they win over every file of the data directory. Never a secret. */
  readonly settings?: Settings;
  /** Exactly these instead, as a server was started with before; see `startedWith`. */
  readonly args?: readonly string[] | undefined;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Longest path of a Unix socket that every supported system takes (sys/un.h: 104 to 108 bytes with the final zero). */
const socketPathLimit = 103;

/**
 * Starts the server and waits until it accepts connections. Address, port and socket directory are the location's, whatever
 * the configuration files say. Rejects with `unavailable` and the server's own words when it ends or does not get ready.
 */
export async function startCluster(
  tools: PostgresTools,
  location: ClusterLocation,
  options: StartOptions = {},
): Promise<ProcessIdentity> {
  const logFrom = await logEnd(location);
  const server = await launchCluster(tools, location, options.settings ?? {}, options.args);
  const deadline = performance.now() + (options.timeoutMs ?? 60_000);
  for (;;) {
    const postmaster = await findPostmaster(location.dataDirectory);
    if (postmaster?.pid === server.pid && /^(ready|standby)$/.test(postmaster.status)) return server;
    if (!isAlive(server)) throw await startFailure(location, logFrom, 'ended while starting');
    if (options.signal?.aborted === true)
      throw new Failure('cancelled', 'waiting for the server was cancelled');
    if (performance.now() > deadline) throw await startFailure(location, logFrom, 'is not ready in time');
    await delay(15);
  }
}

/** Starts the server process without waiting for anything. */
export async function launchCluster(
  tools: PostgresTools,
  location: ClusterLocation,
  settings: Settings,
  exactly?: readonly string[],
): Promise<ProcessIdentity> {
  if ((await findPostmaster(location.dataDirectory)) !== null) {
    throw new Failure('refused', `a server is already running on ${location.dataDirectory}`);
  }
  await stat(location.dataDirectory).catch(() => {
    throw new Failure('unavailable', `there is no data directory ${location.dataDirectory}`);
  });
  await makeOwnedDirectory(location.socketDirectory, location.account);
  const own = {
    listen_addresses: location.host,
    port: String(location.port),
    unix_socket_directories: socketFits(location) ? location.socketDirectory : '',
  };
  const given = Object.entries({ ...settings, ...own }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  return startDetached({
    file: tools.path('postgres'),
    args: exactly ?? ['-D', location.dataDirectory, ...given],
    cwd: location.dataDirectory,
    env: toolEnvironment({ ...location, passfile: null }),
    onlyGivenEnv: true,
    account: location.account,
    logFile: serverLogFile(location),
  });
}

function socketFits(location: ClusterLocation): boolean {
  return Buffer.byteLength(`${location.socketDirectory}/.s.PGSQL.${location.port}`) <= socketPathLimit;
}

async function startFailure(location: ClusterLocation, logFrom: number, how: string): Promise<Failure> {
  const said = (await readLogFrom(location, logFrom)).filter((line) => /\b(FATAL|PANIC|ERROR):/.test(line));
  const [first] = said;
  return new Failure(
    'unavailable',
    `server on ${location.dataDirectory} ${how}${first === undefined ? '' : `: ${first}`}`,
    {
      hint: `Read its log: \`tail -50 ${serverLogFile(location)}\`.`,
      retryable: false,
    },
  );
}
