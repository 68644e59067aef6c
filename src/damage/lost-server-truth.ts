import { readTruth, writeTruth } from './truth-file.js';

/** What a server said of itself while it still lived: what a recovery can be held against later. */
export interface LivingServer {
  readonly systemIdentifier: string;
  readonly timeline: number;
  /** How far its log was on its own disk (LSN). */
  readonly writtenUpTo: string;
  /** For whom it waited before it acknowledged a commit; empty: for nobody. */
  readonly synchronousStandbyNames: string;
  readonly receivers: readonly {
    readonly name: string;
    readonly state: string;
    /** `async`, `sync`, `quorum` or `potential`. */
    readonly sync: string;
    readonly flushedUpTo: string | null;
  }[];
}

export interface FailedWrite {
  readonly at: string;
  readonly sqlState: string | null;
  readonly message: string;
}

/** The truth about one lost server, with which detection and recovery are compared later. */
export interface ServerLoss {
  readonly v: 1;
  readonly kind: 'lost-server';
  readonly dataDirectory: string;
  /** All that is removed: the data directory, where its WAL and tablespaces lead to outside it, its socket folder. */
  readonly folders: readonly string[];
  readonly server: LivingServer;
  /** UTC, when the loss was put on record, before anything was done. */
  readonly plannedAt: string;
  /** UTC, just before the first process was stopped; null while that is only intended. */
  readonly at: string | null;
  readonly killed: readonly number[];
  readonly removedAt: string | null;
  /** The first write that failed afterwards. */
  readonly failedWrite: FailedWrite | null;
  /** Null until the loss is complete and proven. */
  readonly provenAt: string | null;
}

/** Null when nothing was begun under this file's name. */
export function readServerLoss(file: string): ServerLoss | null {
  return readTruth<ServerLoss>(file, { kind: 'lost-server', what: 'a lost server', list: 'folders' });
}

/** On disk, whole, when it returns. */
export function writeServerLoss(file: string, truth: ServerLoss): void {
  writeTruth(file, truth);
}
