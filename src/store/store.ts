import type { Readable } from 'node:stream';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  /** Where the store keeps versions; null where it does not. */
  readonly versionId: string | null;
}

/** What an object says of itself when asked by name. */
export interface ObjectFacts extends StoredObject {
  readonly storageClass: string | null;
  /** Until when nobody can remove this version, ISO 8601; null: not locked. */
  readonly lockedUntil: string | null;
  readonly lockMode: 'compliance' | 'governance' | null;
}

/** Found out by asking the store, never assumed. */
export interface StoreCapabilities {
  readonly versioning: boolean;
  readonly objectLock: boolean;
  /** Every new object is locked for this long without being asked to; null: not. */
  readonly defaultLockMs: number | null;
  /** Whether a put can be told not to overwrite, atomically. */
  readonly exclusivePut: boolean;
  /** Store's clock minus ours, in milliseconds; 0 for a folder. */
  readonly clockSkewMs: number;
}

export interface PutOptions {
  /** Size of a stream, where it is known: decides the size of parts. */
  readonly bytes?: number;
  /** Locks the new version until then, ISO 8601; rejects with `unavailable` where the store cannot. */
  readonly lockUntil?: string;
  readonly signal?: AbortSignal;
  /** Bytes that have reached the store so far. */
  readonly progress?: (bytes: number) => void;
}

export interface PutResult {
  readonly bytes: number;
  /** Computed here, from the bytes that were sent. */
  readonly sha256: string;
  readonly versionId: string | null;
}

/**
 * One contract for every place where backups lie; a store fails in the same words whatever it is: `unavailable` when it cannot
 * be reached, refuses the credentials or lacks what is asked, `refused` when a key exists or is locked.
 */
export interface Store {
  readonly kind: 'local' | 's3';
  /** For people: `folder /srv/backups`, `s3://bucket/prefix at https://…`. */
  readonly describe: string;
  /** Asks the store what it can, once; also says whether it answers at all. */
  probe(signal?: AbortSignal): Promise<StoreCapabilities>;
  /** Durable when it resolves; never overwrites: rejects with `refused` when the key exists. */
  put(key: string, body: Readable | Uint8Array, options?: PutOptions): Promise<PutResult>;
  /**
   * A file of this machine, which may be read more than once: a large one goes in parts, and what an interrupted attempt has
   * brought there already is used, not sent again.
   */
  putFile(key: string, path: string, options?: PutOptions): Promise<PutResult>;
  /** Read from the store itself. `versionId`: that very version, even when it was deleted or covered by a newer one. */
  get(
    key: string,
    options?: { readonly versionId?: string; readonly signal?: AbortSignal },
  ): Promise<Readable>;
  head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null>;
  /** Sorted by key; objects being written are left out. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  /** Names directly below a prefix that have objects below them: `folders('')` → `['set-1', 'wal']`. Sorted. */
  folders(prefix: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Where versions are kept the old one stays and can be read by its id. Rejects with `refused` while it is locked. */
  delete(key: string, signal?: AbortSignal): Promise<void>;
}

/** A store that is a folder on this machine, so that PostgreSQL's own tools can write straight into it. */
export interface LocalStore extends Store {
  readonly kind: 'local';
  readonly directory: string;
}
