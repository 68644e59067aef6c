import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../base/index.js';
import { endProcess, isAlive, type ProcessIdentity } from '../../children/index.js';
import { writeDurably } from '../durable-file.js';

export type ObjectStoreProcess = 'monitor' | 'storage' | 'gateway';

const noteFile = (directory: string, what: ObjectStoreProcess) => join(directory, `${what}.json`);

/** Noted as soon as it runs, so that a store whose starter was killed can still be stopped. */
export function noteProcess(directory: string, what: ObjectStoreProcess, identity: ProcessIdentity): void {
  writeDurably(noteFile(directory, what), JSON.stringify(identity));
}

/** Null when it does not run. */
export function findProcess(directory: string, what: ObjectStoreProcess): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(noteFile(directory, what), 'utf8'));
    if (!isJsonObject(value)) return null;
    const identity = value as unknown as ProcessIdentity;
    return isAlive(identity) ? identity : null;
  } catch {
    return null;
  }
}

/** Kills at once: nothing of a throw-away store has to be kept. */
export async function endNoted(directory: string, what: ObjectStoreProcess): Promise<void> {
  const identity = findProcess(directory, what);
  if (identity !== null) await endProcess(identity, { group: true, firstSignal: 'SIGKILL' });
}
