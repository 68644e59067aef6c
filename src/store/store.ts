import type { Readable } from 'node:stream';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: string;
}

/** One contract for every place where backups lie; a store fails in the same words whatever it is. */
export interface Store {
  readonly describe: string;
  readonly capabilities: { readonly versioning: boolean; readonly objectLock: boolean };
  /** Durable when it resolves; never overwrites: rejects with `refused` when the key exists. */
  put(key: string, body: Readable | Uint8Array): Promise<{ readonly bytes: number; readonly sha256: string }>;
  get(key: string): Promise<Readable>;
  head(key: string): Promise<StoredObject | null>;
  list(prefix: string): AsyncIterable<StoredObject>;
  delete(key: string): Promise<void>;
}

/** A store that is a folder on this machine, so that PostgreSQL's own tools can write straight into it. */
export interface LocalStore extends Store {
  readonly directory: string;
}
