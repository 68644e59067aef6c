import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Failure } from '../../base/index.js';
import type { StoreCapabilities } from '../store.js';
import { bucketLock, keepsVersions } from './bucket-facts.js';
import type { Connection } from './connection.js';
import { findObject } from './find-object.js';
import { probeKey } from './list-objects.js';
import { failedRequest } from './s3-failure.js';

/** Asks the bucket what it can. Rejects with `unavailable` when it does not answer, is not there or refuses us. */
export async function probeStore(at: Connection, signal?: AbortSignal): Promise<StoreCapabilities> {
  const first = new ListObjectsV2Command({ Bucket: at.settings.bucket, Prefix: at.full(''), MaxKeys: 1 });
  await at.send('listing', (send) => at.client.send(first, send), { signal });
  const versioning = await keepsVersions(at, signal);
  const lock = await bucketLock(at, signal);
  return {
    versioning,
    objectLock: lock.enabled,
    defaultLockMs: lock.defaultLockMs,
    exclusivePut: await putsExclusively(at, signal),
    clockSkewMs: Math.round(at.skewMs() ?? 0),
  };
}

/** Says in the probe's own object what is known so far, because a locked bucket would keep every further one. */
const noteName = 'firedrill-exclusive-put';

/**
 * Whether a second put of a key is refused when told not to overwrite: found by trying, on one small hidden object that stays.
 * A service that ignores the condition has overwritten the object's note, so that later probes need not try again. Credentials
 * that may not put cannot find out, and are told no.
 */
async function putsExclusively(at: Connection, signal?: AbortSignal): Promise<boolean> {
  const known = await noteOf(at, signal);
  if (known === 'ignored') return false;
  try {
    if (known === null) await tryPut(at, 'asked', signal);
    return !(await tryPut(at, 'ignored', signal));
  } catch (cause) {
    if (cause instanceof Failure && cause.reason === 'cancelled') throw cause;
    return false;
  }
}

/** False: refused, because the object exists. */
async function tryPut(at: Connection, note: 'asked' | 'ignored', signal?: AbortSignal): Promise<boolean> {
  const body = Buffer.from('firedrill asked here whether a put can be told not to overwrite.\n');
  const command = new PutObjectCommand({
    Bucket: at.settings.bucket,
    Key: at.full(probeKey),
    Body: body,
    ContentMD5: createHash('md5').update(body).digest('base64'),
    Metadata: { [noteName]: note },
    IfNoneMatch: '*',
  });
  try {
    await at.send(
      'asking whether puts can be exclusive',
      (send) => at.client.send(command, send),
      { signal },
      ['PreconditionFailed'],
    );
    return true;
  } catch (cause) {
    if (cause instanceof Failure || failedRequest(cause).code !== 'PreconditionFailed') throw cause;
    return false;
  }
}

async function noteOf(at: Connection, signal?: AbortSignal): Promise<string | null> {
  const found = await findObject(at, probeKey, { signal });
  return found === null ? null : (found.metadata[noteName] ?? 'asked');
}
