import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startObjectStore, type ObjectStore } from '../../src/lab/index.js';
import { openS3Store, type S3Settings, type S3Store } from '../../src/store/index.js';

/** A real S3 server for one test file, with a bucket of each kind; removed, processes and all, at its end. */
export interface ObjectStoreGround {
  readonly server: ObjectStore;
  readonly directory: string;
  settings(bucket: GroundBucket, more?: Partial<S3Settings>): S3Settings;
  /** Below a prefix of its own, so that it is empty. */
  fresh(bucket: GroundBucket, more?: Partial<S3Settings>): S3Store;
  /** One-byte objects, quicker than through a store. */
  putMany(settings: S3Settings, keys: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

export type GroundBucket = 'plain' | 'versioned' | 'lockable' | 'locked';

export async function openObjectStoreGround(): Promise<ObjectStoreGround> {
  const directory = await mkdtemp(join(tmpdir(), 'fd-s3-'));
  await chmod(directory, 0o711);
  const server = await startObjectStore({ directory: join(directory, 'store') });
  await server.createBucket({ name: 'plain', writer: true });
  await server.createBucket({ name: 'versioned', versioning: true, writer: true });
  await server.createBucket({ name: 'lockable', lock: {}, writer: true });
  await server.createBucket({ name: 'locked', lock: { defaultDays: 1 }, writer: true });
  let count = 0;
  const settings: ObjectStoreGround['settings'] = (bucket, more = {}) => ({
    bucket,
    prefix: `prefix-${(count += 1)}`,
    region: server.region,
    endpoint: server.endpoint,
    pathStyle: true,
    credentials: { kind: 'file', path: server.adminCredentials },
    checksums: 'when-required',
    ...more,
  });
  return {
    server,
    directory,
    settings,
    fresh: (bucket, more) => openS3Store(settings(bucket, more)),
    async putMany({ bucket: Bucket, prefix }, keys) {
      const text = await readFile(server.adminCredentials, 'utf8');
      const [accessKeyId = '', secretAccessKey = ''] = text.match(/(?<== )\S+/g) ?? [];
      const client = new S3Client({
        endpoint: server.endpoint,
        region: server.region,
        forcePathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        requestChecksumCalculation: 'WHEN_REQUIRED',
      });
      const left = [...keys];
      const work = async () => {
        for (let key = left.pop(); key !== undefined; key = left.pop())
          await client.send(new PutObjectCommand({ Bucket, Key: `${prefix}/${key}`, Body: 'x' }));
      };
      await Promise.all(Array.from({ length: 16 }, work));
      client.destroy();
    },
    async remove() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
