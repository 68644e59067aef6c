import { readFileSync, statSync } from 'node:fs';
import { isJsonObject } from '../base/index.js';
import { isAlive } from '../children/index.js';

/**
 * How long the engine has given no sign of life, in milliseconds, counted from `startedAt` at the earliest. Its heartbeat file is
 * touched now and then and names its process: while that very process is alive the answer is 0, because a machine that slept
 * has an old file and a new time, and nobody was silent.
 */
export function silentForMs(file: string, startedAt: number): number {
  if (isHeld(file)) return 0;
  const touchedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? startedAt;
  return Date.now() - Math.max(touchedAt, startedAt);
}

/** Whether the process that the file names lives. A file that names none leaves it to its time. */
function isHeld(file: string): boolean {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isJsonObject(value)) return false;
    const { pid, startTicks, bootId } = value;
    if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string') return false;
    return isAlive({ pid, startTicks, bootId });
  } catch {
    return false;
  }
}
