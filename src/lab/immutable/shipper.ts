import { existsSync } from 'node:fs';
import { repeat, sayError, silentForMs } from '../../sentinel/index.js';
import { readLabState } from '../lab-state.js';
import { labPaths } from '../paths.js';
import { findLabProcess, noteOwnProcess } from '../process-note.js';
import { shipOutside } from './ship-outside.js';

/** How often the log is brought outside: what a disaster of the whole host costs at most, besides what takes to ship. */
const everyMs = 5000;

/**
 * The database host's shipper of its log, a process of its own: what it could not bring is tried again. Ends on SIGTERM, when the
 * lab is gone, or when its engine has been silent for too long.
 */
async function ship(directory: string): Promise<void> {
  const paths = labPaths(directory);
  const startedAt = Date.now();
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  process.on('SIGHUP', () => undefined);
  if (findLabProcess(paths, 'shipper') !== null) return;
  noteOwnProcess(paths, 'shipper');
  const isOurs = () => findLabProcess(paths, 'shipper')?.pid === process.pid;
  let said = '';
  await repeat(everyMs, ending.signal, async () => {
    const state = existsSync(paths.state) ? readLabState(paths) : null;
    const silent = state !== null && silentForMs(paths.heartbeat, startedAt) > state.heartbeatLimitMs;
    if (state === null || silent || !isOurs()) {
      ending.abort();
      return;
    }
    const problem = await shipOutside(paths, state, ending.signal).then(() => '', sayError);
    // The same trouble every few seconds is one line, not thousands.
    if (problem !== said) process.stderr.write(`shipper: ${problem === '' ? 'ships again' : problem}\n`);
    said = problem;
  });
}

try {
  await ship(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`shipper: ${sayError(error)}\n`);
  process.exitCode = 1;
}
process.exit();
