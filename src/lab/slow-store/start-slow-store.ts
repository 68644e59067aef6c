import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { isAlive, startDetached } from '../../children/index.js';
import { programPath } from '../../sentinel/index.js';
import type { Lab } from '../lab.js';
import { findLabProcess } from '../process-note.js';

const startTimeoutMs = 15_000;

export interface SlowStoreRequest {
  /** Where it listens, and what lies behind it; on the loopback. */
  readonly port: number;
  readonly targetPort: number;
  readonly bytesPerSecond: number;
  readonly signal: AbortSignal;
}

/** Starts what passes the store's answers on slowly; nothing to do while it lives. Rejects with `unavailable`, `cancelled`. */
export async function startSlowStore(lab: Lab, request: SlowStoreRequest): Promise<void> {
  const isUp = () => findLabProcess(lab.paths, 'slow-store') !== null;
  if (isUp()) return;
  const { port, targetPort, bytesPerSecond, signal } = request;
  const logFile = join(lab.paths.logs, 'slow-store.log');
  const child = await startDetached({
    file: process.execPath,
    args: [
      programPath('lab/slow-store/main.js'),
      lab.directory,
      ...[port, targetPort, bytesPerSecond].map(String),
    ],
    cwd: '/',
    logFile,
  });
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline;) {
    if (isUp()) return;
    if (signal.aborted) throw new Failure('cancelled', 'slowing the store down was cancelled');
    if (!isAlive(child)) break;
    await delay(25);
  }
  throw new Failure('unavailable', 'the process that makes the store slow did not start', {
    hint: `Read its log: \`tail ${logFile}\`.`,
  });
}
