import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, link, open, readdir, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../base/index.js';
import { makeDurableFolder, syncFolder } from './durable.js';
import type {
  LocalStore,
  ObjectFacts,
  PutOptions,
  PutResult,
  StoreCapabilities,
  StoredObject,
} from './store.js';

/** Half-written objects carry this ending and are never listed. */
const partialEnding = '.partial';

/**
 * A folder as a store. An object is written beside its final name, synced, then linked to it: a link fails when the name
 * exists, so two writers cannot overwrite each other.
 */
export function openLocalStore(directory: string): LocalStore {
  const root = resolve(directory);
  const pathOf = (key: string) => {
    const path = resolve(root, key);
    const inside = path.startsWith(root + sep) && relative(root, path) === key;
    if (!inside) throw new Failure('refused', `not a key inside the store: ${key}`);
    return path;
  };
  return {
    directory: root,
    describe: `folder ${root}`,
    kind: 'local',
    probe: async () => {
      await access(root, constants.R_OK | constants.W_OK).catch((cause: unknown) => {
        // A store that nobody has written to yet is made by its first object.
        if (codeOf(cause) !== 'ENOENT') throw storeFailure(root, 'the folder', cause);
      });
      return capabilities;
    },
    put: async (key, body, options) => {
      refuseLock(root, options);
      return put(root, key, pathOf(key), body);
    },
    putFile: async (key, path, options) => {
      refuseLock(root, options);
      return put(root, key, pathOf(key), createReadStream(path));
    },
    get: async (key) => {
      if ((await headOf(key, pathOf(key))) === null) throw missing(root, key);
      return readFrom(root, key, pathOf(key));
    },
    head: async (key) => headOf(key, pathOf(key)),
    list: (prefix, signal) => walk(root, prefix, signal),
    folders: (prefix) => folders(root, prefix),
    delete: async (key) => {
      await unlink(pathOf(key)).catch((cause: unknown) => {
        throw codeOf(cause) === 'ENOENT' ? missing(root, key) : storeFailure(root, key, cause);
      });
      await syncFolder(dirname(pathOf(key)));
      await removeEmptyFolder(root, dirname(pathOf(key)));
    },
  };
}

const capabilities: StoreCapabilities = {
  versioning: false,
  objectLock: false,
  defaultLockMs: null,
  exclusivePut: true,
  clockSkewMs: 0,
};

const unversioned = { versionId: null, storageClass: null, lockedUntil: null, lockMode: null } as const;

function refuseLock(root: string, options: PutOptions | undefined): void {
  if (options?.lockUntil === undefined) return;
  throw new Failure('unavailable', `folder ${root} cannot lock what lies in it`, {
    hint: 'Use a bucket with object lock for copies that nobody may remove, or take `lock` out of this store.',
    retryable: false,
  });
}

async function put(root: string, key: string, path: string, body: Readable | Uint8Array): Promise<PutResult> {
  if (path.endsWith(partialEnding))
    throw new Failure('refused', `keys must not end in ${partialEnding}: ${key}`);
  if ((await headOf(key, path)) !== null) throw exists(root, key);
  await makeDurableFolder(dirname(path));
  const partial = `${path}.${randomBytes(6).toString('hex')}${partialEnding}`;
  try {
    const written = await writeSynced(partial, body);
    await link(partial, path);
    await syncFolder(dirname(path));
    return { ...written, versionId: null };
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw exists(root, key);
    throw cause instanceof Failure ? cause : storeFailure(root, key, cause);
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeSynced(
  path: string,
  body: Readable | Uint8Array,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of body instanceof Uint8Array ? [body] : (body as AsyncIterable<Uint8Array>)) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** A disk that fails in the middle is the store's failure, whoever reads. */
function readFrom(root: string, key: string, path: string): Readable {
  const stream = createReadStream(path);
  const close = stream._destroy.bind(stream);
  stream._destroy = (cause, done) =>
    close(cause !== null && codeOf(cause) !== 'unknown error' ? storeFailure(root, key, cause) : cause, done);
  return stream;
}

async function headOf(key: string, path: string): Promise<ObjectFacts | null> {
  try {
    const found = await stat(path);
    return found.isFile()
      ? { key, bytes: found.size, modifiedAt: found.mtime.toISOString(), ...unversioned }
      : null;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return null;
    throw storeFailure(dirname(path), key, cause);
  }
}

/** Sorted by key; folders and files being written are left out. A store that is not there yet is empty. */
async function* walk(root: string, prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
  const from = prefix.includes('/') ? prefix.slice(0, prefix.lastIndexOf('/')) : '';
  const keys = (await keysBelow(root, from)).filter((key) => key.startsWith(prefix));
  for (const key of keys.sort()) {
    if (signal?.aborted === true) throw new Failure('cancelled', `listing ${prefix} was cancelled`);
    const object = await headOf(key, join(root, key));
    if (object !== null) yield object;
  }
}

/** Folder by folder: one that goes while others are read takes nothing but its own with it. */
async function keysBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return [];
    throw storeFailure(root, folder, cause);
  });
  const keys: string[] = [];
  for (const entry of entries) {
    if (entry.name.endsWith(partialEnding)) continue;
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) keys.push(...(await keysBelow(root, key)));
    else if (entry.isFile()) keys.push(key);
  }
  return keys;
}

function exists(root: string, key: string): Failure {
  return new Failure('refused', `${key} exists already in folder ${root}, and nothing is overwritten`);
}

function missing(root: string, key: string): Failure {
  return new Failure('unavailable', `there is no ${key} in folder ${root}`, { retryable: false });
}

function storeFailure(root: string, key: string, cause: unknown): Failure {
  return new Failure('unavailable', `folder ${root} failed on ${key}: ${codeOf(cause)}`, {
    hint: `Look at the folder and its free space: \`ls -ld ${root}; df -h ${root}\`.`,
    cause,
  });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}

async function folders(root: string, prefix: string): Promise<string[]> {
  const found = new Set<string>();
  // Read folder by folder: a store of many large sets is not walked through to learn their names.
  const inside = await readdir(join(root, prefix), { withFileTypes: true }).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw storeFailure(root, prefix, cause);
  });
  for (const entry of inside) if (entry.isDirectory()) found.add(entry.name);
  return [...found].sort();
}

/** The last object takes its folder with it: a set that was removed leaves nothing to be listed. */
async function removeEmptyFolder(root: string, folder: string): Promise<void> {
  if (folder === root) return;
  const code = await rmdir(folder).then(() => null, codeOf);
  if (code === null) await syncFolder(dirname(folder));
}
