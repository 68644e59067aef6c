import type { Actor, Entry, RunEvent } from '../run/index.js';

/** The append-only record of one run. Every implementation keeps the same contract, which one test suite states. */
export interface Journal {
  /** Entries so far, oldest first. */
  readonly entries: readonly Entry[];
  /** SHA-256 of the last line, 64 zeros while empty. */
  readonly head: string;
  /** Appends one entry and returns once it is durable. Calls are ordered; rejects with a `Failure` when it cannot be written. */
  append(event: RunEvent, actor: Actor): Promise<Entry>;
  /** Gives the lease back. Appending afterwards is a bug. */
  close(): Promise<void>;
}
