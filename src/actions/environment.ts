import type { JsonObject } from '../base/index.js';
import type { Signer, TrustedKeys } from '../backup/index.js';
import type { ClusterLocation, PostgresTools, Session } from '../postgres/index.js';
import type { LocalStore, Store } from '../store/index.js';

export interface NamedStore {
  readonly store: Store;
  /** How long what is put there is locked; null: not. */
  readonly lockMs: number | null;
}

/** Names of the clusters a recovery deals with. */
export const clusterNames = ['primary', 'replacement', 'side', 'set-aside'] as const;
export type ClusterName = (typeof clusterNames)[number];

/**
 * What actions act on: the lab, or what `firedrill.yaml` declares. Everything destructive goes through `guard`, which reads
 * the target's fingerprint again and rejects with reason `refused` unless it is the one this run may touch.
 */
export interface Environment {
  readonly name: string;
  readonly kind: 'lab' | 'declared';
  readonly tools: PostgresTools;
  /** What `${environment.…}` inserts. */
  readonly values: JsonObject;
  readonly postgres: ClusterPort;
  readonly service: ServicePort;
  readonly traffic: TrafficPort;
  /** Where sets are made. */
  readonly store: LocalStore;
  /** Every store that the configuration names, by its name. Opening one rejects with `unavailable` when its keys are not there. */
  readonly stores: ReadonlyMap<string, () => NamedStore>;
  /** age recipients that new sets are encrypted for; none: not encrypted. */
  readonly recipients: readonly string[];
  readonly wal: WalPort;
  /** Which tables the backup policy names as static or append-only (table → key column). */
  readonly policy: {
    readonly staticTables: readonly string[];
    readonly appendOnly: { readonly [table: string]: string };
  };
  /** Signs the manifests of backups that are taken here. */
  readonly signer: Signer;
  /** Whose signatures on manifests are believed. */
  readonly trusted: TrustedKeys;
  /** The outside observer, where there is one. */
  readonly sentinel: SentinelPort | null;
  /** Hands a message over to the channel of its audience; rejects with `unavailable` when it could not. */
  deliver(message: {
    readonly to: string;
    readonly subject: string;
    readonly body: string;
  }): Promise<{ readonly channel: string }>;
}

export interface ClusterPort {
  /** Where the service's database is now, as the traffic switch says. */
  current(): Promise<ClusterLocation>;
  /** Location of a named cluster; for one that does not exist yet, the place where to make it. */
  locate(name: ClusterName): Promise<ClusterLocation>;
  /** Null while nothing has that name. */
  find(name: ClusterName): Promise<ClusterLocation | null>;
  /** A place for a short-lived, isolated cluster; whoever asks removes it again. */
  scratch(): Promise<ClusterLocation>;
  /** Remembers, durably, that `name` now stands at this location (after set-aside, restore, removal). */
  assign(name: ClusterName, location: ClusterLocation): Promise<void>;
  /** A session as administrator on the service's database, or on the cluster given. */
  connect(options?: {
    readonly database?: string;
    readonly readOnly?: boolean;
    readonly location?: ClusterLocation;
  }): Promise<Session>;
  /** Rejects with `refused`, naming what differs, unless this very target may be touched now. */
  guard(what: string, location: ClusterLocation, options?: GuardOptions): Promise<void>;
  /** Stops the server as its service manager wants it; false where a signal will do. Absent: a signal always does. */
  stop?(location: ClusterLocation, options?: CommandOptions): Promise<boolean>;
  /** The log that this server writes; null or absent: the one that firedrill's own servers write. */
  logFile?(location: ClusterLocation): string | null;
}

export interface GuardOptions {
  /** A server that was never recorded may run there, if the place is ours: what an interrupted restore leaves behind. */
  readonly halfMade?: boolean;
}

/** For environments that run commands of their own: what ends them, and where what they print is kept. */
export interface CommandOptions {
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

export interface ServicePort {
  start(options?: CommandOptions): Promise<void>;
  stop(options?: CommandOptions): Promise<void>;
  /** Rejects when that cannot be told: not known is not stopped. */
  isRunning(options?: CommandOptions): Promise<boolean>;
}

export interface TrafficPort {
  switchTo(location: ClusterLocation, options?: CommandOptions): Promise<void>;
  target(options?: CommandOptions): Promise<ClusterLocation>;
}

/** The continuous stream of the write-ahead log to a second place. */
export interface WalPort {
  /** Where complete and partial segments lie. */
  readonly directory: string;
  /** Replication slot of the receiver. */
  readonly slot: string;
}

export interface SentinelPort {
  /** Waits until the sentinel has had a write acknowledged after this call; its id and latency. */
  nextAcknowledged(
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly id: number; readonly latencyMs: number }>;
  /** Acknowledged commits after a moment (ISO 8601), by its ledger: what bringing everything back to it would lose. */
  lossAfter?(
    moment: string,
  ): Promise<{ readonly commits: number; readonly lastAt: string | null; readonly windowMs: number }>;
}
