import { randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { freePort, serverAccount } from '../../postgres/index.js';
import { createBucket, type BucketRequest } from './bucket.js';
import { cephPrograms } from './ceph-programs.js';
import { cephSettings, type CephPlace } from './ceph-settings.js';
import { startGateway } from './gateway.js';
import { endNoted, findProcess, type ObjectStoreProcess } from './processes.js';
import { startCluster } from './start-cluster.js';
import { addStorageClass } from './storage-class.js';
import { objectStoreTools } from './tools.js';
import { credentialsFileOf, makeUser } from './users.js';
import type { ProcessIdentity } from '../../children/index.js';

export interface ObjectStoreRequest {
  /** Must not exist or be empty; everything lies in it, and it is removed when the store is stopped. */
  readonly directory: string;
  /** Run as this account; left out: as PostgreSQL's when we are root, else as ourselves. */
  readonly account?: { readonly uid: number; readonly gid: number } | null;
  /** `memory` (default) forgets everything with its process; `disk` survives a kill and starts slower. */
  readonly media?: 'memory' | 'disk';
  /** 4 GiB unless told. */
  readonly capacityBytes?: number;
  /** Storage classes besides STANDARD, such as STANDARD_IA. */
  readonly storageClasses?: readonly string[];
  readonly lifecycleDaySeconds?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectStore {
  readonly directory: string;
  readonly endpoint: string;
  readonly region: 'us-east-1';
  /** INI file of the AWS form, mode 0600. */
  readonly adminCredentials: string;
  /** Its user owns nothing: a bucket's policy lets it put, read and list, never destroy. */
  readonly writerCredentials: string;
  createBucket(request: BucketRequest): Promise<void>;
  /** Null when it does not run. */
  process(what: ObjectStoreProcess): ProcessIdentity | null;
  /** The region is gone: the gateway is killed, what it stored stays. */
  stopGateway(): Promise<void>;
  startGateway(): Promise<void>;
  /** Leaves no process and no folder. */
  stop(): Promise<void>;
}

const attempts = 3;
const settingsFile = 'ceph.conf';

/**
 * Starts a real S3 server (a Ceph gateway with one monitor and one storage daemon) on ports and in a folder of its own. Takes
 * about 2 s and 130 MB. A start that fails is cleaned up and tried again, three times in all, with new ports.
 * Rejects with `unavailable` when programs are missing, `refused` when the folder is in use.
 */
export async function startObjectStore(request: ObjectStoreRequest): Promise<ObjectStore> {
  await requireEmpty(request.directory);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(request);
    } catch (cause) {
      await stopObjectStore(request.directory);
      const again = cause instanceof Failure && cause.retryable;
      if (!again || attempt >= attempts || request.signal?.aborted === true) throw cause;
    }
  }
}

/** Ends what runs in the folder of an object store, also when its starter is dead, and removes the folder. */
export async function stopObjectStore(directory: string): Promise<void> {
  for (const what of ['gateway', 'storage', 'monitor'] as const) await endNoted(directory, what);
  // Whatever is no object store is not ours to remove.
  const found = await readdir(directory).catch((): string[] => []);
  if (found.length > 0 && !found.includes(settingsFile)) return;
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

async function startOnce(request: ObjectStoreRequest): Promise<ObjectStore> {
  const { directory, signal } = request;
  const tools = await objectStoreTools();
  tools.path('radosgw');
  const account = request.account === undefined ? await serverAccount() : request.account;
  for (const folder of ['', 'run', 'log', 'mon', 'osd', 'rgw']) {
    await mkdir(join(directory, folder), { recursive: true, mode: 0o711 });
    if (account !== null) await chown(join(directory, folder), account.uid, account.gid);
  }
  const place: CephPlace = {
    directory,
    fsid: randomUUID(),
    monitorPort: await freePort(),
    media: request.media ?? 'memory',
    capacityBytes: request.capacityBytes ?? 4 * 1024 ** 3,
    lifecycleDaySeconds: request.lifecycleDaySeconds ?? null,
  };
  await writeFile(join(directory, settingsFile), cephSettings(place), { mode: 0o644 });
  const programs = cephPrograms(tools, directory, account);
  await startCluster(programs, place, signal);
  await makeUser(programs, directory, 'admin', signal);
  await makeUser(programs, directory, 'writer', signal);
  for (const name of request.storageClasses ?? []) await addStorageClass(programs, name, signal);
  const port = await freePort();
  await startGateway(programs, directory, port, signal);
  const endpoint = `http://127.0.0.1:${port}`;
  const adminCredentials = credentialsFileOf(directory, 'admin');
  return {
    directory,
    endpoint,
    region: 'us-east-1',
    adminCredentials,
    writerCredentials: credentialsFileOf(directory, 'writer'),
    createBucket: (bucket) => createBucket(endpoint, adminCredentials, bucket),
    process: (what) => findProcess(directory, what),
    stopGateway: () => endNoted(directory, 'gateway'),
    startGateway: () => startGateway(programs, directory, port),
    stop: () => stopObjectStore(directory),
  };
}

async function requireEmpty(directory: string): Promise<void> {
  const found = await readdir(directory).catch(() => []);
  if (found.length > 0)
    throw new Failure('refused', `${directory} is not empty, and an object store needs a folder of its own`);
}
