import type { S3Store, Store } from '../../store/index.js';
import { manifestName } from '../set/manifest.js';

const markName = 'removing.json';

/**
 * Removes one set for good. First a mark that says so, then the manifest, so that it is never listed again; the mark goes last. A
 * set of which only a part could be removed is taken up again by the next prune. Rejects with what the store says.
 */
export async function removeSet(store: Store, id: string, signal?: AbortSignal): Promise<void> {
  const mark = `${id}/${markName}`;
  if ((await store.head(mark, signal)) === null)
    await store.put(mark, Buffer.from(JSON.stringify({ at: new Date().toISOString() })), {
      ...(signal === undefined ? {} : { signal }),
    });
  const first = `${id}/${manifestName}`;
  if ((await store.head(first, signal)) !== null) await removeObject(store, first, signal);
  const keys: string[] = [];
  for await (const { key } of store.list(`${id}/`, signal)) if (key !== mark) keys.push(key);
  for (const key of keys) await removeObject(store, key, signal);
  await removeObject(store, mark, signal);
}

/** Whether an earlier removal was interrupted: its mark is there, and the manifest is not. One that has it is a whole set still. */
export async function halfRemoved(store: Store, id: string, signal?: AbortSignal): Promise<boolean> {
  const marked = (await store.head(`${id}/${markName}`, signal)) !== null;
  return marked && (await store.head(`${id}/${manifestName}`, signal)) === null;
}

/** Where versions are kept, every version: one that only got a delete marker would lie there, and cost, for ever. */
export async function removeObject(store: Store, key: string, signal?: AbortSignal): Promise<void> {
  if (!keepsVersions(store) || !(await store.probe(signal)).versioning) return store.delete(key, signal);
  const found: { readonly key: string; readonly versionId: string }[] = [];
  for await (const version of store.versions(key, signal)) if (version.key === key) found.push(version);
  for (const { versionId } of found) await store.deleteVersion(key, versionId, signal);
}

function keepsVersions(store: Store): store is S3Store {
  return store.kind === 's3' && 'deleteVersion' in store;
}
