import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { endProcess, isAlive, startDetached } from '../../children/index.js';
import { programPath } from '../../sentinel/index.js';
import type { Lab } from '../lab.js';
import { findLabProcess } from '../process-note.js';

const startTimeoutMs = 15_000;

/** Starts the process that brings the log outside every few seconds; nothing to do when it lives. It outlives the engine. */
export async function startShipper(lab: Lab): Promise<void> {
  if (isShipping(lab)) return;
  const logFile = join(lab.paths.logs, 'shipper.log');
  const child = await startDetached({
    file: process.execPath,
    args: [programPath('lab/immutable/shipper.js'), lab.directory],
    cwd: '/',
    logFile,
  });
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline;) {
    if (isShipping(lab)) return;
    if (!isAlive(child)) break;
    await delay(25);
  }
  throw new Failure('unavailable', 'the process that ships the log did not start', {
    hint: `Read its log: \`tail ${logFile}\`.`,
  });
}

export async function stopShipper(lab: Lab): Promise<void> {
  const found = findLabProcess(lab.paths, 'shipper');
  if (found !== null) await endProcess(found, { graceMs: 5000 });
}

export function isShipping(lab: Lab): boolean {
  return findLabProcess(lab.paths, 'shipper') !== null;
}
