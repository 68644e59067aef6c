import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/index.js';
import { isAlive, processIdentity } from '../../src/children/index.js';
import { openJournal, type FileJournal, type IdentityPort } from '../../src/journal/index.js';
import type { RunEvent } from '../../src/run/index.js';

export const engine = { kind: 'engine' } as const;

export const identity: IdentityPort = {
  current: () => processIdentity(process.pid)!,
  isAlive,
};

/** A clock that goes on by a millisecond with every look at it. */
export function steppingClock(startMs = Date.UTC(2027, 0, 17, 1, 2, 3)): Clock {
  let ms = 0;
  return { now: () => startMs + ms++, mono: () => ms };
}

export function note(text: string): RunEvent {
  return { type: 'note-taken', data: { text } };
}

export interface Place {
  readonly directory: string;
  readonly file: string;
  readonly leaseDirectory: string;
  open(session?: string): Promise<FileJournal>;
}

/** A fresh folder for one run's journal, removed afterwards. */
export async function withPlace<T>(use: (place: Place) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'firedrill-journal-'));
  const file = join(directory, 'record', 'journal.jsonl');
  const leaseDirectory = join(directory, 'leases');
  const clock = steppingClock();
  const open = (session = 's1') =>
    openJournal({ file, session, clock, leaseDirectory, runId: 'run-1', identity });
  try {
    return await use({ directory, file, leaseDirectory, open });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
