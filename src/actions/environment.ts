import type { JsonObject } from '../base/index.js';
import type { Signer, TrustedKeys } from '../backup/index.js';
import type { ClusterLocation, ClusterState, PostgresTools, Session } from '../postgres/index.js';
import type { LocalStore, Store } from '../store/index.js';
import type { CommandOptions } from './command-options.js';
import type { RegionPort } from './region/region-port.js';
import type { ImmutableCopy } from './immutable-copy.js';
import type { LatencyPort } from './latency-port.js';

export interface NamedStore {
  readonly store: Store;
  /** How long what is put there is locked; null: not. */
  readonly lockMs: number | null;
}

export type { CommandOptions } from './command-options.js';

/** Names of the clusters a recovery deals with. */
export const clusterNames = ['primary', 'standby', 'replacement', 'side', 'set-aside'] as const;
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
  readonly infrastructure: InfrastructurePort;
  readonly traffic: TrafficPort;
  /** Null where there is one region, or firedrill cannot work with the other. */
  readonly regions: RegionPort | null;
  /** Where sets are made. */
  readonly store: LocalStore;
  /** Every store that the configuration names, by its name. Opening one rejects with `unavailable` when its keys are not there. */
  readonly stores: ReadonlyMap<string, () => NamedStore>;
  /** age recipients that new sets are encrypted for; none: not encrypted. */
  readonly recipients: readonly string[];
  readonly wal: WalPort;
  /** The copy that nobody can remove; null where the environment has none. */
  readonly immutable: ImmutableCopy | null;
  /** Who gives the roles of the database new passwords; null where firedrill cannot. */
  readonly passwords: PasswordPort | null;
  /** Which tables the backup policy names as static or append-only (table → key column). */
  readonly policy: {
    readonly staticTables: readonly string[];
    readonly appendOnly: { readonly [table: string]: string };
  };
  /** Signs the manifests of backups that are taken here. */
  readonly signer: Signer;
  /** Whose signatures on manifests are believed. */
  readonly trusted: TrustedKeys;
  /** Null where nobody has said which queries tell how the service is. */
  readonly latency: LatencyPort | null;
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
  /** Whether a cluster is there; absent: its files on this machine say so. */
  state?(location: ClusterLocation): Promise<ClusterState>;
  /** The address at which administrators reach it when clients cannot any more; absent: the same. */
  behindFence?(location: ClusterLocation): ClusterLocation;
  /**
   * What a server has of its own and would lose with its files: durable before they are replaced, and until `assign` says that it is
   * whole. Null or absent: nothing; it is started like any.
   */
  keepOwn?(location: ClusterLocation): Promise<KeptOwn | null>;
  /** Whether that is kept, of a rebuild that did not end. */
  keepsOwn?(location: ClusterLocation): Promise<boolean>;
  /** Makes a former primary on another machine follow `primary` by this slot; absent: it is done on its files, here. */
  rebuild?(
    former: ClusterLocation,
    primary: ClusterLocation,
    slot: string,
    options: CommandOptions,
  ): Promise<void>;
  /** The log that this server writes; null or absent: the one that firedrill's own servers write. */
  logFile?(location: ClusterLocation): string | null;
}

export interface KeptOwn {
  /** Puts its settings and its rules for who may connect back over those of the server that its files came from. */
  restoreSettings(): Promise<void>;
  /** Told once an empty folder stands in the place of its files. */
  noteEmptied(): Promise<void>;
  /** As its service manager does it, or with the arguments it was started with before, at its own address. */
  start(options?: CommandOptions): Promise<void>;
}

export interface GuardOptions {
  /** A server that was never recorded may run there, if the place is ours: what an interrupted restore leaves behind. */
  readonly halfMade?: boolean;
}

export interface ServicePort {
  start(options?: CommandOptions): Promise<void>;
  stop(options?: CommandOptions): Promise<void>;
  /** Rejects when that cannot be told: not known is not stopped. */
  isRunning(options?: CommandOptions): Promise<boolean>;
  /** Puts the application onto its host; it does not start it. */
  deploy(options?: CommandOptions): Promise<void>;
  /** Rejects when that cannot be told. */
  isDeployed(options?: CommandOptions): Promise<boolean>;
  /** One write through the application, as a customer makes it; its id, once it was acknowledged. */
  writeOnce(options?: CommandOptions): Promise<string>;
  /** Whether that write stands in the database that clients reach. */
  hasWritten(id: string, options?: CommandOptions): Promise<boolean>;
}

/** The machines that the database and the application run on. */
export interface InfrastructurePort {
  /** Makes new ones where there are none; what there is now, in words. */
  provision(options?: CommandOptions): Promise<readonly string[]>;
  /** Rejects when that cannot be told. */
  isProvisioned(options?: CommandOptions): Promise<boolean>;
}

export interface TrafficPort {
  switchTo(location: ClusterLocation, options?: CommandOptions): Promise<void>;
  target(options?: CommandOptions): Promise<ClusterLocation>;
  /** Sends clients nowhere. Absent: the environment has no way to. */
  close?(options?: CommandOptions): Promise<void>;
  /** Whether they are sent nowhere. */
  isClosed?(options?: CommandOptions): Promise<boolean>;
}

export interface PasswordPort {
  /** New passwords for every role that logs in, and for its clients; resolves to the roles. */
  rotate(location: ClusterLocation, options?: CommandOptions): Promise<readonly string[]>;
  /** Whether the new ones open this cluster, and the former ones do not. */
  areRotated(location: ClusterLocation): Promise<boolean>;
}

/** The continuous stream of the write-ahead log to a second place. */
export interface WalPort {
  /** Where complete and partial segments lie. */
  readonly directory: string;
  /** Replication slot of the receiver. */
  readonly slot: string;
  /** The address by which the receiver reaches a server; absent: the same as everybody. */
  reach?(location: ClusterLocation): ClusterLocation;
}

export interface SentinelPort {
  /** Waits until the sentinel has had a write acknowledged after this call; its id and latency. */
  nextAcknowledged(
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly id: number; readonly latencyMs: number }>;
  /** What it has seen acknowledged; absent where nobody keeps a list of that. */
  readonly ledger?: LedgerPort;
}

export interface LedgerPort {
  /** Holds the canary rows of any copy of the database against every commit acknowledged up to a moment (UTC, ISO 8601). */
  compare(session: Session, upTo: string): Promise<CanaryComparison>;
  /** The commits acknowledged after one moment and up to another, or up to now: what going back to the first would lose. */
  acknowledgedBetween(after: string, upTo?: string): Promise<AcknowledgedCommits>;
}

export interface AcknowledgedCommits {
  readonly commits: number;
  /** From the moment to the last of them; 0 when there is none. */
  readonly windowMs: number;
}

export interface CanaryComparison {
  readonly acknowledged: number;
  readonly missing: number;
  /** From the last commit that is there before the first missing one, or from the first of all, to the last missing one. */
  readonly windowMs: number;
  /** When the last of them was acknowledged; null: none was. */
  readonly lastAt: string | null;
}
