import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity, type ProcessIdentity } from '../children/index.js';

/** What postmaster.pid says, checked against the live process. */
export interface Postmaster extends ProcessIdentity {
  /** `starting`, `ready`, `standby` or `stopping`; empty for a moment at the very start. */
  readonly status: string;
  /** Id of the System V segment that guards the data directory; null where there is none. */
  readonly sharedMemoryId: number | null;
}

/**
 * The live postmaster of a data directory; null when there is none. A postmaster.pid left by a crash may name a process that
 * is something else by now: a postmaster's working directory is its data directory, so that is compared.
 */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | null> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n').map((line) => line.trim());
  // A negative id is a standalone backend's.
  const identity = processIdentity(Math.abs(Number(lines[0])));
  if (identity === null || !(await worksIn(identity.pid, dataDirectory))) return null;
  const [, id] = (lines[6] ?? '').split(/\s+/);
  return { ...identity, status: lines[7] ?? '', sharedMemoryId: id === undefined ? null : Number(id) };
}

async function worksIn(pid: number, dataDirectory: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const [cwd, data] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => null),
    realpath(dataDirectory).catch(() => null),
  ]);
  return cwd !== null && cwd === data;
}
