import { Failure } from '../../base/index.js';
import type { ObjectFacts, Store } from '../store.js';
import type { S3Store, StoredVersion } from './settings.js';

/**
 * A bucket that keeps versions, as it was first filled: of every object the very first version, if it was put before a moment
 * (ISO 8601, by the store's own clock). Nothing of ours is ever overwritten, so whatever was put over an object, or hid it, came from
 * somebody else. Nothing can be put or removed through this view: it rejects with `refused`.
 */
export function openOriginals(store: S3Store, before: string): Store {
  const moment = Date.parse(before);
  if (Number.isNaN(moment)) throw new Failure('invalid', `${before} is no time`);
  const describe = `${store.describe}, first versions from before ${before}`;
  const originals = (prefix: string) => firstBefore(store.versions(prefix), moment);
  const find = async (key: string): Promise<StoredVersion | null> => {
    for await (const version of originals(key)) if (version.key === key) return version;
    return null;
  };
  const refuse = (what: string) =>
    Promise.reject(new Failure('refused', `${describe}: a view of the past, nothing is ${what} there`));
  return {
    kind: 's3',
    describe,
    probe: (signal) => store.probe(signal),
    put: () => refuse('put'),
    putFile: () => refuse('put'),
    delete: () => refuse('removed'),
    async get(key, options = {}) {
      const versionId = options.versionId ?? (await find(key))?.versionId;
      if (versionId !== undefined) return store.get(key, { ...options, versionId });
      throw new Failure('unavailable', `there is no ${key} in ${describe}`, { retryable: false });
    },
    async head(key): Promise<ObjectFacts | null> {
      const version = await find(key);
      return version === null ? null : store.headVersion(key, version.versionId);
    },
    async *list(prefix) {
      for await (const { key, bytes, modifiedAt, versionId } of originals(prefix))
        yield { key, bytes, modifiedAt, versionId };
    },
    async folders(prefix) {
      const found = new Set<string>();
      for await (const { key } of originals(prefix)) {
        const [name, more] = key.slice(prefix.length).split('/', 2);
        if (name !== undefined && more !== undefined) found.add(name);
      }
      return [...found].sort();
    },
  };
}

/** Versions come by key, the newest first: the last one of a key, markers aside, is what was put there first. */
async function* firstBefore(
  versions: AsyncIterable<StoredVersion>,
  moment: number,
): AsyncGenerator<StoredVersion> {
  let first: StoredVersion | null = null;
  const isIn = (version: StoredVersion) => Date.parse(version.modifiedAt) < moment;
  for await (const version of versions) {
    if (first !== null && first.key !== version.key) {
      if (isIn(first)) yield first;
      first = null;
    }
    if (!version.isDeleteMarker) first = version;
  }
  if (first !== null && isIn(first)) yield first;
}
