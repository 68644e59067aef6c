import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { Failure } from '../../base/index.js';

export interface BucketRequest {
  readonly name: string;
  /** Keeps versions; a bucket with a lock always does. */
  readonly versioning?: boolean;
  /** Object lock in COMPLIANCE mode; with days, every new object is locked for that long. Nobody can shorten it. */
  readonly lock?: { readonly defaultDays?: number };
  /** Whether the writer may put, read and list here; destroying is denied to it in any case. */
  readonly writer?: boolean;
}

/** Makes a bucket as the admin. Rejects with `unavailable` when the gateway refuses or does not answer. */
export async function createBucket(
  endpoint: string,
  credentialsFile: string,
  request: BucketRequest,
): Promise<void> {
  const client = await openAdmin(endpoint, credentialsFile);
  const Bucket = request.name;
  try {
    await client.send(
      new CreateBucketCommand({ Bucket, ...(request.lock ? { ObjectLockEnabledForBucket: true } : {}) }),
    );
    if (request.versioning === true && !request.lock) {
      await client.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      );
    }
    if (request.lock?.defaultDays !== undefined) {
      const Rule = { DefaultRetention: { Mode: 'COMPLIANCE' as const, Days: request.lock.defaultDays } };
      await client.send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
        }),
      );
    }
    if (request.writer === true)
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy: writerPolicy(Bucket) }));
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : 'unknown error';
    throw new Failure('unavailable', `bucket ${request.name} could not be made at ${endpoint}: ${name}`, {
      cause,
    });
  } finally {
    client.destroy();
  }
}

/** Sets the policy by which the writer puts and the owner reads, again where it was taken off. */
export async function allowWriter(endpoint: string, credentialsFile: string, bucket: string): Promise<void> {
  const client = await openAdmin(endpoint, credentialsFile);
  try {
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: writerPolicy(bucket) }));
  } finally {
    client.destroy();
  }
}

/** The writer puts, reads and lists; the owner of the bucket reads what the writer put. */
function writerPolicy(bucket: string): string {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const writer = { AWS: ['arn:aws:iam:::user/writer'] };
  const allowed = [
    'PutObject',
    'GetObject',
    'GetObjectVersion',
    'GetObjectRetention',
    'ListBucket',
    'ListBucketVersions',
    'ListBucketMultipartUploads',
    'ListMultipartUploadParts',
    'AbortMultipartUpload',
    'GetBucketVersioning',
    'GetBucketObjectLockConfiguration',
    'GetBucketLocation',
  ];
  const denied = [
    'DeleteObject',
    'DeleteObjectVersion',
    'PutObjectAcl',
    'PutObjectVersionAcl',
    'BypassGovernanceRetention',
  ];
  const s3 = (actions: readonly string[]) => actions.map((action) => `s3:${action}`);
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: writer, Action: s3(allowed), Resource },
      // Whoever put an object owns it, and an owner needs an explicit no.
      { Effect: 'Deny', Principal: writer, Action: s3(denied), Resource },
      { Effect: 'Allow', Principal: { AWS: ['arn:aws:iam:::user/admin'] }, Action: ['s3:*'], Resource },
    ],
  });
}

async function openAdmin(endpoint: string, credentialsFile: string): Promise<S3Client> {
  const text = await readFile(credentialsFile, 'utf8');
  const value = (name: string) => new RegExp(`^${name} *= *(\\S+)$`, 'm').exec(text)?.[1] ?? '';
  return new S3Client({
    endpoint,
    forcePathStyle: true,
    // The only region in which this gateway makes buckets without being told of others.
    region: 'us-east-1',
    credentials: { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}
