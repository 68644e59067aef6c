import type {
  BackupPolicy,
  Freshness,
  Signer,
  SmokeQuery,
  TestNumber,
  TrustedKeys,
} from '../../backup/index.js';
import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';
import type { LocalStore, Store } from '../../store/index.js';

export type Way = 'physical' | 'logical' | 'pgbackrest';

/** A store under the name that people use. */
export interface NamedStore<S extends Store = Store> {
  readonly name: string;
  readonly store: S;
  /** How long a set stays there. */
  readonly keepForMs: number;
  /** How long each copy is locked; null: not. */
  readonly lockMs: number | null;
}

/** Whoever starts and stops the server, where somebody does. */
export interface ServerOwner {
  /** False: nobody does; it is stopped by a signal. */
  stop(): Promise<boolean>;
  /** Absent: it is started as it was before. */
  readonly start?: () => Promise<void>;
  /** Told after every start. */
  started(): Promise<void>;
  /** Told once another cluster is in service. Says what is left to do, a line each. */
  inService(how: 'restored' | 'rolled-back', tools: PostgresTools): Promise<readonly string[]>;
}

/** Everything that a backup command needs to know of one policy, wherever that is written. */
export interface BackupScope {
  /** What `--policy` takes; also the source that its sets carry. */
  readonly policy: string;
  readonly environment: string;
  readonly kind: 'lab' | 'declared';
  readonly way: Way;
  readonly location: ClusterLocation;
  readonly standby: ClusterLocation | null;
  /** Where sets are made; null where the configuration names no folder. */
  readonly store: NamedStore<LocalStore> | null;
  readonly copies: readonly NamedStore[];
  /** Public keys with their labels; empty: not encrypted. */
  readonly recipients: readonly string[];
  readonly tables: BackupPolicy;
  /** The receiver's folder and slot; null: no stream of the log is declared. */
  readonly wal: { readonly directory: string; readonly slot: string } | null;
  readonly keep: number;
  readonly safetyMs: number;
  readonly freshness: Freshness | null;
  readonly smoke: readonly SmokeQuery[];
  /** Tests that a full verification must pass; null: all that a set of its kind can. */
  readonly required: readonly TestNumber[] | null;
  readonly identities: readonly string[];
  readonly repository: { readonly stanza: string; readonly config?: string; readonly repo?: number } | null;
  /** Throws `unavailable` when there is none, `refused` when others can read it. */
  signer(): Signer;
  /** The verifier's own key; null on a machine that is none. */
  verifier(): Signer | null;
  trusted(): TrustedKeys;
  /**
   * Rejects with `refused`, naming what differs, unless the server that answers is the one that the configuration means; where it
   * may be down, its files must be.
   */
  guard(what: string, options?: { readonly mayBeDown?: boolean }): Promise<void>;
  /** Whether its data directory is known, and on this machine. */
  readonly hasFiles: boolean;
  readonly server: ServerOwner;
  /** Lets go of what it holds. */
  release(): void;
}

/** All stores of a policy, the one where sets are made first. */
export function storesOf(scope: BackupScope): readonly NamedStore[] {
  return [...(scope.store === null ? [] : [scope.store]), ...scope.copies];
}

/** Whether sets are only sent there. What they need of the log was sent there, too. */
export function isCopyOf(scope: BackupScope, { name }: NamedStore): boolean {
  return scope.copies.some((one) => one.name === name);
}
