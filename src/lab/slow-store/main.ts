import { once } from 'node:events';
import { repeat, sayError, silentForMs } from '../../sentinel/index.js';
import { readLabState } from '../lab-state.js';
import { labPaths } from '../paths.js';
import { findLabProcess, forgetLabProcess, noteOwnProcess } from '../process-note.js';
import { openSlowDoor } from './slow-door.js';

/**
 * What makes a lab's object store slow, a process of its own, so that it outlives the engine that injected it. Ends on SIGTERM, when
 * its lab is gone, or when its engine has been silent for too long.
 */
async function slowDown(
  directory: string,
  port: number,
  targetPort: number,
  bytesPerSecond: number,
): Promise<void> {
  const paths = labPaths(directory);
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  process.on('SIGHUP', () => undefined);
  if (findLabProcess(paths, 'slow-store') !== null) return;
  const server = openSlowDoor(targetPort, bytesPerSecond);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  noteOwnProcess(paths, 'slow-store');
  const startedAt = Date.now();
  await repeat(500, ending.signal, () => {
    const limitMs = readLabState(paths)?.heartbeatLimitMs;
    if (limitMs === undefined || silentForMs(paths.heartbeat, startedAt) > limitMs) ending.abort();
    return Promise.resolve();
  });
  if (findLabProcess(paths, 'slow-store')?.pid === process.pid) forgetLabProcess(paths, 'slow-store');
}

const [directory = '', ...numbers] = process.argv.slice(2);
const [port = 0, targetPort = 0, bytesPerSecond = 1] = numbers.map(Number);
try {
  await slowDown(directory, port, targetPort, bytesPerSecond);
} catch (error) {
  process.stderr.write(`slow store: ${sayError(error)}\n`);
  process.exitCode = 1;
}
process.exit();
