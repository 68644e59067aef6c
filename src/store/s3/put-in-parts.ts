import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { Failure } from '../../base/index.js';
import type { PutOptions } from '../store.js';
import { bucketLock } from './bucket-facts.js';
import type { Connection } from './connection.js';
import { existsAlready, findObject, hashName, refuseExisting } from './find-object.js';
import type { Part } from './part-source.js';
import { lockOf, storageClassOf } from './put-object.js';
import { requireFirst } from './require-first.js';
import { failedRequest, lockUnsupported } from './s3-failure.js';
import { abortUpload } from './unfinished-uploads.js';
import { completed, compositeEtag, uploadParts, type UploadedPart } from './upload-parts.js';

export interface PartsRequest {
  readonly key: string;
  readonly parts: AsyncIterator<Part> | Iterator<Part>;
  /** Null where it is known only at the end. */
  readonly sha256: string | null;
  /** An earlier upload that is gone on with. */
  readonly earlier: { readonly uploadId: string; readonly parts: readonly UploadedPart[] } | null;
  /** Parts of a failed upload stay for the next attempt, as long as that may succeed. */
  readonly keepParts: boolean;
  readonly options: PutOptions;
}

/**
 * Puts an object in parts. The condition not to overwrite goes with the request that joins them; a service that ignores it
 * there (as Ceph does) is guarded against by a look right before, and where versions are kept by one afterwards. Without
 * versions and without the condition, two writers who finish the same key within milliseconds may overwrite each other.
 */
export async function putInParts(
  at: Connection,
  request: PartsRequest,
): Promise<{ bytes: number; versionId: string | null }> {
  const { key, options, earlier } = request;
  // Some services take a lock for uploads in parts and forget it: whether the bucket can is asked first.
  if (options.lockUntil !== undefined && !(await bucketLock(at, options.signal)).enabled)
    throw lockUnsupported(at.settings);
  const uploadId = earlier?.uploadId ?? (await begin(at, request));
  try {
    let bytes = (earlier?.parts ?? []).reduce((sum, part) => sum + part.bytes, 0);
    if (bytes > 0) options.progress?.(bytes);
    const sent = (more: number) => options.progress?.((bytes += more));
    const fresh = await uploadParts(at, { key, uploadId }, request.parts, { signal: options.signal, sent });
    const parts = [...(earlier?.parts ?? []), ...fresh].sort((a, b) => a.number - b.number);
    await refuseExisting(at, key, options.signal);
    const versionId = await complete(at, key, uploadId, parts, options.signal);
    if (versionId !== null) await requireFirst(at, key, versionId, options.signal);
    if (options.lockUntil !== undefined)
      await requireLock(at, key, versionId, options.lockUntil, options.signal);
    return { bytes, versionId };
  } catch (cause) {
    const later = cause instanceof Failure ? cause.retryable || cause.reason === 'cancelled' : false;
    // Not with the caller's signal: that may be what ended the upload. What cannot be removed now `abortUnfinished` finds.
    if (!request.keepParts || !later) await abortUpload(at, key, uploadId).catch(() => undefined);
    throw options.signal?.aborted === true ? new Failure('cancelled', `putting ${key} was cancelled`) : cause;
  }
}

async function begin(at: Connection, { key, sha256, options }: PartsRequest): Promise<string> {
  const command = new CreateMultipartUploadCommand({
    Bucket: at.settings.bucket,
    Key: at.full(key),
    ...(sha256 === null ? {} : { Metadata: { [hashName]: sha256 } }),
    ...storageClassOf(at),
    ...lockOf(at, options.lockUntil),
  });
  const { UploadId: id } = await at.send(`putting ${key}`, (send) => at.client.send(command, send), {
    signal: options.signal,
  });
  if (id === undefined) throw new Failure('unavailable', `${at.describe} began no upload of ${key}`);
  return id;
}

async function complete(
  at: Connection,
  key: string,
  uploadId: string,
  parts: readonly UploadedPart[],
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const command = () =>
    new CompleteMultipartUploadCommand({
      Bucket: at.settings.bucket,
      Key: at.full(key),
      UploadId: uploadId,
      IfNoneMatch: '*',
      MultipartUpload: { Parts: completed(parts) },
    });
  const find = async () => {
    const found = await findObject(at, key, { attempts: 1, signal });
    return found !== null && found.facts.bytes === bytes && found.etag === compositeEtag(parts)
      ? found
      : null;
  };
  const settle = async () => {
    const found = await find();
    return found === null ? null : { VersionId: found.facts.versionId ?? undefined };
  };
  const expected = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchUpload'];
  const answer = await at
    .send(
      `joining the parts of ${key}`,
      async (send) => ({ VersionId: (await at.client.send(command(), send)).VersionId }),
      { signal, settle },
      expected,
    )
    .catch(async (cause: unknown) => {
      if (cause instanceof Failure) throw cause;
      // Somebody may have finished this very upload: then the object is there, and is the same.
      const done = failedRequest(cause).code === 'NoSuchUpload' ? await settle() : null;
      if (done === null) throw existsAlready(at, key);
      return done;
    });
  const versionId = answer.VersionId ?? null;
  const there = await findObject(at, key, { signal, ...(versionId === null ? {} : { versionId }) });
  if (there === null || there.facts.bytes !== bytes) {
    throw new Failure(
      'unavailable',
      `${at.describe} joined ${bytes} bytes and has ${there?.facts.bytes ?? 'no object'}: ${key}`,
      {
        hint: 'Do not trust this store with backups before its log explains that.',
        retryable: false,
      },
    );
  }
  return there.facts.versionId;
}

/** Some services forget the lock that an upload in parts was begun with: it is read back, and set where it is missing. */
async function requireLock(
  at: Connection,
  key: string,
  versionId: string | null,
  lockUntil: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const version = versionId === null ? {} : { versionId };
  const found = await findObject(at, key, { ...version, signal });
  // The service may keep whole seconds.
  if (Date.parse(found?.facts.lockedUntil ?? '') >= Date.parse(lockUntil) - 1000) return;
  const { ObjectLockMode: Mode } = lockOf(at, lockUntil);
  const command = new PutObjectRetentionCommand({
    Bucket: at.settings.bucket,
    Key: at.full(key),
    ...(versionId === null ? {} : { VersionId: versionId }),
    Retention: { Mode, RetainUntilDate: new Date(lockUntil) },
  });
  await at.send(`locking ${key}`, (send) => at.client.send(command, send), { signal });
}
