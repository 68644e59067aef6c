import type { ObjectFacts, StoredObject, Store } from '../store.js';

export type S3Credentials =
  /** Whatever the AWS tools find on this machine: environment, shared files, instance role. */
  | { readonly kind: 'default'; readonly profile?: string }
  /** An INI file of the AWS form that nobody but its owner may read (mode 0600). */
  | { readonly kind: 'file'; readonly path: string; readonly profile?: string };

/** Where a bucket is and how it is spoken to. Holds no secret: those stay where `credentials` points. */
export interface S3Settings {
  readonly bucket: string;
  /** Everything lies below it, with a slash between. */
  readonly prefix?: string;
  readonly region: string;
  /** Left out: Amazon's own for the region. */
  readonly endpoint?: string;
  /** `https://host/bucket` instead of `https://bucket.host`: what most servers but Amazon's need. */
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials;
  readonly storageClass?: string;
  /** How versions are locked that are put with `lockUntil`; compliance unless told. */
  readonly lock?: { readonly mode: 'compliance' | 'governance' };
  /** Many servers refuse the newer default checksums: `when-required` leaves them out. Content-MD5 is sent in either case. */
  readonly checksums: 'when-required' | 'when-supported';
  /** Without any progress for this long a request has failed; 30 s unless told. */
  readonly requestTimeoutMs?: number;
  /** Of each request, the first included; 4 unless told. */
  readonly attempts?: number;
  /** 8 MiB unless told, at least 5; grows so that no object has more than 10,000 parts. */
  readonly partBytes?: number;
}

/** One version of an object, or the marker that hides the older ones. */
export interface StoredVersion extends Omit<StoredObject, 'versionId'> {
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly startedAt: string;
}

/** One that nobody goes on with. */
export interface StaleUpload extends UnfinishedUpload {
  /** What was sent of it. */
  readonly bytes: number;
  /** When the last part arrived, ISO 8601; when it was begun, where none did. */
  readonly touchedAt: string;
}

/** What a bucket can beyond the contract of every store. */
export interface S3Store extends Store {
  readonly kind: 's3';
  /** Every version and delete marker below a prefix: by key, the newest first. */
  versions(prefix: string, signal?: AbortSignal): AsyncIterable<StoredVersion>;
  /** What one version says of itself; null when there is no such version. */
  headVersion(key: string, versionId: string): Promise<ObjectFacts | null>;
  /** Removes one version for good. Rejects with `refused` while it is locked. */
  deleteVersion(key: string, versionId: string, signal?: AbortSignal): Promise<void>;
  /** Uploads below this store's prefix that were never finished and that nobody has sent a part of for that long. */
  staleUploads(olderThanMs: number, signal?: AbortSignal): Promise<readonly StaleUpload[]>;
  /** Removes the parts of one upload; whoever is still sending them fails. */
  abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void>;
  /**
   * Removes the parts of the uploads that `staleUploads` gives, and returns them. What a running upload sends would be lost too: leave
   * it the time that it needs.
   */
  abortUnfinished(olderThanMs: number, signal?: AbortSignal): Promise<readonly StaleUpload[]>;
}

/** The limits of the protocol. */
export const smallestPartBytes = 5 * 1024 ** 2;
/** Four of them fit into memory beside everything else; larger parts of files are read while they are sent. */
export const usualPartBytes = 8 * 1024 ** 2;
export const largestPartCount = 10_000;
export const uploadsAtOnce = 4;

/** Large enough for an object of that size to fit into the largest number of parts. */
export function partBytesFor(settings: S3Settings, bytes: number): number {
  const chosen = Math.max(settings.partBytes ?? usualPartBytes, smallestPartBytes);
  const needed = Math.ceil(bytes / largestPartCount);
  // Whole mebibytes, so that a file of about the same size is cut at the same places.
  return needed <= chosen ? chosen : Math.ceil(needed / 1024 ** 2) * 1024 ** 2;
}

/** For people: no key, no secret, no user in the address. */
export function describeS3(settings: S3Settings): string {
  const prefix = trimSlashes(settings.prefix ?? '');
  const name = `s3://${settings.bucket}${prefix === '' ? '' : `/${prefix}`}`;
  return `${name} ${settings.endpoint === undefined ? `in ${settings.region}` : `at ${originOf(settings.endpoint)}`}`;
}

export function originOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : 'an endpoint that is no address';
}

export function trimSlashes(text: string): string {
  return text.replace(/^\/+|\/+$/g, '');
}
