import { processIdentity } from '../../children/index.js';
import { repeat, sayError, silentForMs } from '../../sentinel/index.js';
import { writeDurably } from '../durable-file.js';
import { readLabState } from '../lab-state.js';
import { labPaths } from '../paths.js';
import { findLabProcess, forgetLabProcess, noteOwnProcess } from '../process-note.js';
import { putToWork } from './clients.js';
import { noteFile, readPlan } from './plan.js';

/**
 * The process that holds a fault's sessions, so that they outlive the engine that injected it. Ends when the last session is gone, on
 * SIGTERM, or when its lab is gone or its engine has been silent for too long.
 */
async function disturb(directory: string, fault: string): Promise<void> {
  const paths = labPaths(directory);
  const own = `disturbance-${fault}` as const;
  const startedAt = Date.now();
  process.on('SIGHUP', () => undefined);
  if (findLabProcess(paths, own) !== null) return;
  noteOwnProcess(paths, own);
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  const working = await putToWork(paths, readPlan(paths, fault));
  const note = {
    process: processIdentity(process.pid),
    sessions: working.sessions,
    refused: working.refused,
  };
  writeDurably(noteFile(paths, fault), JSON.stringify(note, null, 2));
  void working.over.then(() => ending.abort());
  await repeat(500, ending.signal, () => {
    const limitMs = readLabState(paths)?.heartbeatLimitMs;
    if (limitMs === undefined || silentForMs(paths.heartbeat, startedAt) > limitMs) ending.abort();
    return Promise.resolve();
  });
  forgetLabProcess(paths, own);
}

const [directory = '', fault = ''] = process.argv.slice(2);
try {
  await disturb(directory, fault);
} catch (error) {
  process.stderr.write(`disturbance ${fault}: ${sayError(error)}\n`);
  process.exitCode = 1;
}
// Its sessions end with it, whatever they are in the middle of.
process.exit();
