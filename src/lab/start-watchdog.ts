import { join } from 'node:path';
import { startDetached } from '../children/index.js';
import { programPath } from '../sentinel/index.js';
import type { Lab } from './lab.js';
import { findLabProcess } from './process-note.js';

/** Starts the process that removes the lab when the engine is gone for good; nothing to do when it lives. */
export async function startWatchdog(lab: Lab): Promise<void> {
  if (findLabProcess(lab.paths, 'watchdog') !== null) return;
  await startDetached({
    file: process.execPath,
    args: [programPath('lab/watchdog.js'), lab.directory],
    cwd: '/',
    logFile: join(lab.paths.logs, 'watchdog.log'),
  });
}
