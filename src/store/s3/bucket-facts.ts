import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../base/index.js';
import type { Connection } from './connection.js';

export interface BucketLock {
  readonly enabled: boolean;
  readonly defaultLockMs: number | null;
}

const dayMs = 86_400_000;

/** Whether the bucket keeps versions now. Rejects with `unavailable` when we may not ask. */
export async function keepsVersions(at: Connection, signal?: AbortSignal): Promise<boolean> {
  const command = new GetBucketVersioningCommand({ Bucket: at.settings.bucket });
  const answer = await at.send(
    'asking for the versioning of the bucket',
    (send) => at.client.send(command, send),
    {
      signal,
    },
  );
  return answer.Status === 'Enabled';
}

/** Whether the bucket can lock, and what it locks by itself. Rejects with `unavailable` when we may not ask. */
export async function bucketLock(at: Connection, signal?: AbortSignal): Promise<BucketLock> {
  const command = new GetObjectLockConfigurationCommand({ Bucket: at.settings.bucket });
  const without = ['ObjectLockConfigurationNotFoundError', 'NoSuchObjectLockConfiguration', 'NotImplemented'];
  try {
    const { ObjectLockConfiguration: found } = await at.send(
      'asking for the object lock of the bucket',
      (send) => at.client.send(command, send),
      { signal },
      without,
    );
    const { Days: days, Years: years } = found?.Rule?.DefaultRetention ?? {};
    const defaultDays = days ?? (years === undefined ? undefined : years * 365);
    return {
      enabled: found?.ObjectLockEnabled === 'Enabled',
      defaultLockMs: defaultDays === undefined ? null : defaultDays * dayMs,
    };
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    return { enabled: false, defaultLockMs: null };
  }
}
