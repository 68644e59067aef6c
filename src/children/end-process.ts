import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/index.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';

export interface EndOptions {
  /** How long a process may take to end by itself after SIGTERM before it is killed; 5 s unless told. */
  readonly graceMs?: number;
  /** Signal its whole process group; only for processes that lead one. */
  readonly group?: boolean;
  readonly firstSignal?: NodeJS.Signals;
}

/**
 * Ends one process and waits until it is gone. The identity is compared before every signal, so a reused process id is never
 * hit. Resolves to how it went; rejects with `timeout` when it survives SIGKILL for 10 s.
 */
export async function endProcess(
  identity: ProcessIdentity,
  options: EndOptions = {},
): Promise<'gone' | 'ended' | 'killed'> {
  if (!isAlive(identity)) return 'gone';
  sendSignal(identity, options.firstSignal ?? 'SIGTERM', options.group ?? false);
  if (await waitUntilGone(identity, options.graceMs ?? 5000)) return 'ended';
  sendSignal(identity, 'SIGKILL', options.group ?? false);
  if (await waitUntilGone(identity, 10_000)) return 'killed';
  throw new Failure('timeout', `process ${identity.pid} is still alive 10 s after SIGKILL`);
}

/** True as soon as the process is gone, false when it still lives after `timeoutMs`. */
export async function waitUntilGone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = 2; isAlive(identity); pauseMs = Math.min(pauseMs * 2, 50)) {
    if (performance.now() >= deadline) return false;
    await delay(pauseMs);
  }
  return true;
}

/** False when there was nothing to signal. */
export function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals, group = false): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(group ? -identity.pid : identity.pid, signal);
  } catch {
    return false;
  }
}
