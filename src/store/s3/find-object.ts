import { HeadObjectCommand, ListObjectsV2Command, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { Failure } from '../../base/index.js';
import type { ObjectFacts } from '../store.js';
import type { Connection } from './connection.js';
import { failedRequest } from './s3-failure.js';

/** Our own hash of a whole object, in its metadata; missing where it was not known before the object was begun. */
export const hashName = 'firedrill-sha256';

export interface FoundObject {
  readonly facts: ObjectFacts;
  /** Without quotes: MD5 of the bytes, or of the parts' MD5 sums with their number. */
  readonly etag: string;
  readonly sha256: string | null;
  readonly metadata: { readonly [name: string]: string };
}

export interface FindOptions {
  readonly versionId?: string;
  readonly signal?: AbortSignal | undefined;
  readonly attempts?: number;
}

/** Asks the store by name; null when there is no such object. Rejects with `unavailable` when the store did not answer that. */
export async function findObject(
  at: Connection,
  key: string,
  options: FindOptions = {},
): Promise<FoundObject | null> {
  const { versionId, ...rest } = options;
  const Bucket = at.settings.bucket;
  const request = { Bucket, Key: at.full(key), ...(versionId === undefined ? {} : { VersionId: versionId }) };
  try {
    const what = `the head of ${key}`;
    // The answer to a HEAD has no body, so a refusal does not say why.
    const silent = ['NotFound', 'NoSuchKey', 'Unknown', 'UnknownError', 'Forbidden', '403', '400', '404'];
    const found = await at.send(
      what,
      (send) => at.client.send(new HeadObjectCommand(request), send),
      rest,
      silent,
    );
    return {
      facts: factsOf(key, found),
      etag: unquoted(found.ETag),
      sha256: found.Metadata?.[hashName] ?? null,
      metadata: found.Metadata ?? {},
    };
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const { code, status } = failedRequest(cause);
    // A request with a body in its answer tells a missing object from a missing bucket, and which key is wrong.
    await at.send(
      `the head of ${key}`,
      (send) => at.client.send(new ListObjectsV2Command({ Bucket, Prefix: request.Key, MaxKeys: 1 }), send),
      rest,
    );
    if (status === 404) return null;
    throw new Failure(
      'unavailable',
      `${at.describe} refused the head of ${key}: ${code} (status ${status ?? 'none'})`,
      {
        hint: `Let the policy of bucket ${Bucket} allow s3:GetObject to these credentials.`,
        retryable: false,
      },
    );
  }
}

function factsOf(key: string, found: HeadObjectCommandOutput): ObjectFacts {
  const mode = found.ObjectLockMode?.toLowerCase();
  return {
    key,
    bytes: found.ContentLength ?? 0,
    modifiedAt: (found.LastModified ?? new Date(0)).toISOString(),
    versionId: found.VersionId ?? null,
    // Services leave it out for the ordinary one.
    storageClass: found.StorageClass ?? 'STANDARD',
    lockedUntil: found.ObjectLockRetainUntilDate?.toISOString() ?? null,
    lockMode: mode === 'compliance' || mode === 'governance' ? mode : null,
  };
}

export function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

export function existsAlready(at: Connection, key: string): Failure {
  return new Failure('refused', `${key} exists already in ${at.describe}, and nothing is overwritten`);
}

export function missingObject(at: Connection, key: string): Failure {
  return new Failure('unavailable', `there is no ${key} in ${at.describe}`, { retryable: false });
}

export async function refuseExisting(at: Connection, key: string, signal?: AbortSignal): Promise<void> {
  if ((await findObject(at, key, { signal })) !== null) throw existsAlready(at, key);
}
