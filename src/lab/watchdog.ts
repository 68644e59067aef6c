import { existsSync } from 'node:fs';
import { sayError, silentForMs } from '../sentinel/index.js';
import { removeLab } from './lab-down.js';
import { readLabState } from './lab-state.js';
import { labPaths } from './paths.js';
import { findLabProcess, noteOwnProcess } from './process-note.js';

/**
 * A lab's own end: removes it when the engine has given no sign of life for too long, so that an engine that was killed and
 * never resumed leaves nothing running. Ends when the lab is gone.
 */
async function watch(directory: string): Promise<void> {
  const paths = labPaths(directory);
  const startedAt = Date.now();
  process.on('SIGHUP', () => undefined);
  if (findLabProcess(paths, 'watchdog') !== null) return;
  noteOwnProcess(paths, 'watchdog');
  for (;;) {
    const state = existsSync(paths.state) ? readLabState(paths) : null;
    // Gone, or made anew by an engine that has started another one.
    if (state === null || findLabProcess(paths, 'watchdog')?.pid !== process.pid) return;
    if (silentForMs(paths.heartbeat, startedAt) > state.heartbeatLimitMs) {
      await removeLab(directory);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, state.heartbeatLimitMs / 4)));
  }
}

try {
  await watch(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`watchdog: ${sayError(error)}\n`);
  process.exitCode = 1;
}
process.exit();
