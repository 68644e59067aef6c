import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../base/index.js';
import { makeDurableFolder, syncFolder } from './durable.js';
import type { LocalStore, StoredObject } from './store.js';

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
    capabilities: { versioning: false, objectLock: false },
    put: async (key, body) => put(root, key, pathOf(key), body),
    get: async (key) => {
      if ((await headOf(key, pathOf(key))) === null) throw missing(root, key);
      return createReadStream(pathOf(key));
    },
    head: async (key) => headOf(key, pathOf(key)),
    list: (prefix) => walk(root, prefix),
    delete: async (key) => {
      await unlink(pathOf(key)).catch((cause: unknown) => {
        throw codeOf(cause) === 'ENOENT' ? missing(root, key) : storeFailure(root, key, cause);
      });
      await syncFolder(dirname(pathOf(key)));
    },
  };
}

async function put(
  root: string,
  key: string,
  path: string,
  body: Readable | Uint8Array,
): Promise<{ bytes: number; sha256: string }> {
  if (path.endsWith(partialEnding))
    throw new Failure('refused', `keys must not end in ${partialEnding}: ${key}`);
  if ((await headOf(key, path)) !== null) throw exists(root, key);
  await makeDurableFolder(dirname(path));
  const partial = `${path}.${randomBytes(6).toString('hex')}${partialEnding}`;
  try {
    const written = await writeSynced(partial, body);
    await link(partial, path);
    await syncFolder(dirname(path));
    return written;
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

async function headOf(key: string, path: string): Promise<StoredObject | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime.toISOString() } : null;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return null;
    throw storeFailure(dirname(path), key, cause);
  }
}

/** Sorted by key; folders and files being written are left out. A store that is not there yet is empty. */
async function* walk(root: string, prefix: string): AsyncGenerator<StoredObject> {
  const found = await readdir(root, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw storeFailure(root, prefix, cause);
  });
  const keys = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((key) => key.startsWith(prefix) && !key.split('/').some((part) => part.endsWith(partialEnding)));
  for (const key of keys.sort()) {
    const object = await headOf(key, join(root, key));
    if (object !== null) yield object;
  }
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
