import type { S3Store } from '../store/index.js';
import type { CommandOptions } from './command-options.js';

/** A copy of the backups in which nobody can remove anything for a time, and the keys around it. */
export interface ImmutableCopy {
  /** Its name among the environment's stores: where new copies are put. */
  readonly store: string;
  /** What a recovery reads, with credentials that the database's host does not have. */
  source(): S3Store;
  /** The keys with which the database's host puts copies there. */
  readonly writer: {
    /** Takes the host's keys away: it can put nothing more, good or bad. */
    revoke(options?: CommandOptions): Promise<void>;
    /** Whether the keys that were taken away are refused. */
    isRevoked(): Promise<boolean>;
    /** New keys and a new place for what is put from now on; resolves to that place, for people. */
    renew(options?: CommandOptions): Promise<string>;
    /** Whether the store takes the new keys, at another place than before. */
    isRenewed(): Promise<boolean>;
    /** With the keys that the host has now. */
    open(): S3Store;
  };
  readonly escrow: {
    /** Brings the offline identity to this machine; resolves to its file. */
    fetch(): Promise<string>;
    /** Null while it is not here. */
    find(): string | null;
    /** Removes it from here. */
    giveBack(): Promise<void>;
  };
  /** Brings everything of the log that is complete there, and keeps doing so; resolves to how far it reaches. */
  ship(options?: CommandOptions): Promise<string | null>;
  /** Rejects when that cannot be told. */
  isShipping(options?: CommandOptions): Promise<boolean>;
}
