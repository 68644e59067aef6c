import type { JsonObject } from '../base/index.js';
import type { ClusterLocation, Session } from '../postgres/index.js';
import type { LocalStore } from '../store/index.js';

/** Names of the clusters a recovery deals with. */
export type ClusterName = 'primary' | 'replacement' | 'side' | 'set-aside';

/**
 * What actions act on: the lab, or what `firedrill.yaml` declares. Everything destructive goes through `guard`, which reads
 * the target's fingerprint again and rejects with reason `refused` unless it is the one this run may touch.
 */
export interface Environment {
  readonly name: string;
  readonly kind: 'lab' | 'declared';
  /** What `${environment.…}` inserts. */
  readonly values: JsonObject;
  /** Where the service's database is now, as the traffic switch says. */
  current(): Promise<ClusterLocation>;
  /** Location of a named cluster; `replacement` and `side` may not exist yet: the location is where to make them. */
  cluster(name: ClusterName): Promise<ClusterLocation>;
  /** Remembers, durably, that `name` now stands at this location (after set-aside, swap, creation). */
  assign(name: ClusterName, location: ClusterLocation): Promise<void>;
  /** A session on the service's database through the normal client path. */
  connect(options?: {
    readonly database?: string;
    readonly readOnly?: boolean;
    readonly location?: ClusterLocation;
  }): Promise<Session>;
  guard(what: string, location: ClusterLocation): Promise<void>;
  readonly service: {
    start(): Promise<void>;
    stop(): Promise<void>;
    isRunning(): Promise<boolean>;
  };
  readonly traffic: {
    switchTo(location: ClusterLocation): Promise<void>;
    target(): Promise<ClusterLocation>;
  };
  readonly store: LocalStore;
  /** Continuous WAL: where complete and partial segments lie, and how to start and stop the receiver. */
  readonly wal: {
    readonly directory: string;
    isReceiving(): Promise<boolean>;
    start(location: ClusterLocation): Promise<void>;
    stop(): Promise<void>;
  };
  /** Which tables the backup policy names as static or append-only (table → key column). */
  readonly policy: {
    readonly staticTables: readonly string[];
    readonly appendOnly: { readonly [table: string]: string };
  };
  /** The outside observer, where there is one. */
  readonly sentinel: SentinelPort | null;
  /** Where messages go: channel by audience. */
  deliver(message: {
    readonly to: string;
    readonly subject: string;
    readonly body: string;
  }): Promise<{ readonly channel: string }>;
}

export interface SentinelPort {
  /** Waits until the sentinel has had a write acknowledged after this call; its id and latency. */
  nextAcknowledged(
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly id: number; readonly latencyMs: number }>;
  /** The ledger's last complete line. */
  head(): Promise<{ readonly seq: number; readonly sha256: string; readonly acknowledged: number }>;
}
