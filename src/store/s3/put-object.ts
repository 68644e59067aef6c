import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Failure } from '../../base/index.js';
import type { PutOptions, PutResult } from '../store.js';
import type { Connection } from './connection.js';
import { existsAlready, findObject, hashName } from './find-object.js';
import { requireFirst } from './require-first.js';
import { failedRequest, lockUnsupported } from './s3-failure.js';

/**
 * Puts an object in one request that is told not to overwrite. After a failure that leaves open whether it arrived, the object
 * is looked at: the same size and hash mean that it did.
 */
export async function putObject(
  at: Connection,
  key: string,
  body: Uint8Array,
  options: PutOptions = {},
): Promise<PutResult> {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const md5 = createHash('md5').update(body).digest();
  const settle = async () => {
    const found = await findObject(at, key, { attempts: 1, signal: options.signal });
    if (found === null || found.facts.bytes !== body.length || found.sha256 !== sha256) return null;
    return { VersionId: found.facts.versionId ?? undefined, heard: false };
  };
  const command = () =>
    new PutObjectCommand({
      Bucket: at.settings.bucket,
      Key: at.full(key),
      Body: body,
      ContentLength: body.length,
      ContentMD5: md5.toString('base64'),
      Metadata: { [hashName]: sha256 },
      IfNoneMatch: '*',
      ...storageClassOf(at),
      ...lockOf(at, options.lockUntil),
    });
  const request = { signal: options.signal, bytes: body.length, settle };
  const expected = ['PreconditionFailed', 'ConditionalRequestConflict', 'InvalidRequest'];
  const put = await at
    .send(
      `putting ${key}`,
      async (send) => ({ VersionId: (await at.client.send(command(), send)).VersionId, heard: true }),
      request,
      expected,
    )
    .catch((cause: unknown) => {
      if (cause instanceof Failure) throw cause;
      if (failedRequest(cause).code !== 'InvalidRequest') throw existsAlready(at, key);
      throw options.lockUntil === undefined ? invalidRequest(at, key) : lockUnsupported(at.settings);
    });
  const versionId = put.VersionId ?? null;
  if (versionId !== null && put.heard) await requireFirst(at, key, versionId, options.signal);
  options.progress?.(body.length);
  return { bytes: body.length, sha256, versionId };
}

export function storageClassOf(at: Connection): { StorageClass?: 'STANDARD' } {
  const { storageClass } = at.settings;
  // Services have classes of their own that the library's list does not know.
  return storageClass === undefined ? {} : { StorageClass: storageClass as 'STANDARD' };
}

export function lockOf(
  at: Connection,
  lockUntil: string | undefined,
): { ObjectLockMode?: 'COMPLIANCE' | 'GOVERNANCE'; ObjectLockRetainUntilDate?: Date } {
  if (lockUntil === undefined) return {};
  const mode = at.settings.lock?.mode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE';
  return { ObjectLockMode: mode, ObjectLockRetainUntilDate: new Date(lockUntil) };
}

function invalidRequest(at: Connection, key: string): Failure {
  return new Failure('unavailable', `${at.describe} does not accept how ${key} was put: InvalidRequest`, {
    hint: 'Look at `checksums`, `storage-class` and `lock` of this store: the service refuses one of them.',
    retryable: false,
  });
}
