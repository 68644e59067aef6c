import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type DeleteObjectsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';

/** One version that an attempt is made on, and the store it lies in. */
export interface Prey {
  readonly client: S3Client;
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string;
}

/** Whose keys were stolen. */
export type Thief = 'writer' | 'owner';

export interface Attempt {
  readonly id: string;
  /** What is tried, for people. */
  readonly what: string;
  /**
   * What a store that keeps its promise answers: `denied`; or `allowed`, where the protocol lets it be done and no version that
   * was there before may suffer from it.
   */
  readonly expected: { readonly [thief in Thief]: 'denied' | 'allowed' };
  readonly send: (prey: Prey) => Promise<unknown>;
}

const denied = { writer: 'denied', owner: 'denied' } as const;
const ownerMay = { writer: 'denied', owner: 'allowed' } as const;
const allowed = { writer: 'allowed', owner: 'allowed' } as const;

const soon = () => new Date(Date.now() + 60_000);
const version = ({ Bucket, Key, VersionId }: Prey) => ({ Bucket, Key, VersionId });
const garbage = Buffer.from('your files are encrypted\n');
const md5 = createHash('md5').update(garbage).digest('base64');

/** Every way in which stolen keys can be used against what lies in a bucket with object lock; the mildest first. */
export const attempts: readonly Attempt[] = [
  {
    ...{ id: 'delete', what: 'delete the object, which only hides it behind a marker', expected: ownerMay },
    send: ({ client, Bucket, Key }) => client.send(new DeleteObjectCommand({ Bucket, Key })),
  },
  {
    ...{ id: 'delete-version', what: 'delete the version itself', expected: denied },
    send: (prey) => prey.client.send(new DeleteObjectCommand(version(prey))),
  },
  {
    ...{ id: 'bypass-governance', what: 'delete the version, bypassing governance', expected: denied },
    send: (prey) =>
      prey.client.send(new DeleteObjectCommand({ ...version(prey), BypassGovernanceRetention: true })),
  },
  {
    ...{ id: 'delete-in-bulk', what: 'delete the version in a list of many', expected: denied },
    send: async ({ client, Bucket, Key, VersionId }) =>
      orElse(
        await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key, VersionId }] } })),
      ),
  },
  {
    ...{
      id: 'overwrite',
      what: 'put garbage over the object, which makes a newer version',
      expected: allowed,
    },
    send: ({ client, Bucket, Key }) =>
      client.send(new PutObjectCommand({ Bucket, Key, Body: garbage, ContentMD5: md5 })),
  },
  {
    ...{ id: 'shorten-retention', what: 'shorten the retention to a minute', expected: denied },
    send: (prey) =>
      prey.client.send(
        new PutObjectRetentionCommand({
          ...version(prey),
          Retention: { Mode: 'COMPLIANCE', RetainUntilDate: soon() },
        }),
      ),
  },
  {
    ...{ id: 'weaken-retention', what: 'turn compliance into governance, bypassing it', expected: denied },
    send: (prey) =>
      prey.client.send(
        new PutObjectRetentionCommand({
          ...version(prey),
          BypassGovernanceRetention: true,
          Retention: { Mode: 'GOVERNANCE', RetainUntilDate: soon() },
        }),
      ),
  },
  {
    ...{ id: 'expire-by-lifecycle', what: 'let a lifecycle rule expire everything', expected: ownerMay },
    send: ({ client, Bucket }) =>
      client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket,
          LifecycleConfiguration: {
            Rules: [
              {
                ...{ ID: 'expire', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } },
                NoncurrentVersionExpiration: { NoncurrentDays: 1 },
              },
            ],
          },
        }),
      ),
  },
  {
    ...{ id: 'suspend-versioning', what: 'suspend versioning', expected: denied },
    send: ({ client, Bucket }) =>
      client.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
      ),
  },
  {
    ...{ id: 'drop-default-lock', what: 'take the default lock off the bucket', expected: ownerMay },
    send: ({ client, Bucket }) =>
      client.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
        }),
      ),
  },
  {
    ...{ id: 'drop-policy', what: 'take the policy off the bucket', expected: ownerMay },
    send: ({ client, Bucket }) => client.send(new DeleteBucketPolicyCommand({ Bucket })),
  },
  {
    ...{ id: 'delete-bucket', what: 'delete the bucket', expected: denied },
    send: ({ client, Bucket }) => client.send(new DeleteBucketCommand({ Bucket })),
  },
];

/** The answer to a list is 200 whatever became of its entries. */
function orElse(answer: DeleteObjectsCommandOutput): DeleteObjectsCommandOutput {
  const [refused] = answer.Errors ?? [];
  if (refused === undefined) return answer;
  throw Object.assign(new Error(refused.Message ?? 'refused'), {
    name: refused.Code ?? 'unknown',
    $metadata: answer.$metadata,
  });
}
