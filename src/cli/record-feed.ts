import { watchFile, unwatchFile } from 'node:fs';
import { join } from 'node:path';
import { readJournalFile, type JournalReading } from '../journal/index.js';
import type { Plan } from '../language/index.js';
import { readPlan } from './read-plan.js';
import { fold, type Entry, type RunFeed, type RunState } from '../run/index.js';

export interface FollowedRecord {
  readonly feed: RunFeed;
  /** Resolves when the run has ended. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** A run seen from outside, by reading its record as it grows. It shows everything and can do nothing. */
export async function followRecord(folder: string): Promise<FollowedRecord> {
  const file = join(folder, 'journal.jsonl');
  let reading = await readJournalFile(file);
  const { plan } = await readPlan(folder, reading.entries[0]);
  let state = foldReading(plan, reading);
  const listeners = new Set<(change: { readonly entry: Entry | null }) => void>();
  let announceEnd: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    announceEnd = resolve;
  });
  const settle = () => {
    if (state.ended !== null) announceEnd();
  };
  const look = async () => {
    const known = reading.entries.length;
    reading = await readJournalFile(file);
    state = foldReading(plan, reading);
    for (const entry of reading.entries.slice(known)) for (const listener of listeners) listener({ entry });
    settle();
  };
  watchFile(file, { interval: 250 }, () => {
    // A folder that was moved away ends the watching, not with a stack.
    look().catch(announceEnd);
  });
  settle();
  return {
    ended,
    stop: () => unwatchFile(file),
    feed: {
      plan,
      state: () => state,
      entries: () => reading.entries,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      outputTail: () => [],
      observer: () => null,
      now: () => Date.now(),
      submit: () =>
        Promise.resolve({
          accepted: false,
          why: 'this terminal only watches',
          hint: 'Answer in the terminal that runs it, or take it over with `firedrill resume --take-over`.',
        }),
    },
  };
}

function foldReading(plan: Plan, reading: JournalReading): RunState {
  return fold(
    plan,
    reading.entries.map((entry, index) => ({ entry, sha256: reading.hashes[index] ?? '' })),
  );
}
