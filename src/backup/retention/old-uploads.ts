import type { S3Store, StaleUpload, Store } from '../../store/index.js';
import { isSetName } from '../set/backup-set.js';

/** A copy that was interrupted is gone on with by the next backup; one that was not for this long never will be. */
export const usualUploadsStayMs = 3 * 86_400_000;

/**
 * Parts of copies that were interrupted and never gone on with: no list shows them, and they cost what whole objects cost. Only what
 * firedrill put there, and only where nobody has sent anything for that long.
 */
export async function oldUploads(
  store: Store,
  olderThanMs: number,
  signal?: AbortSignal,
): Promise<readonly StaleUpload[]> {
  if (!takesParts(store)) return [];
  const stale = await store.staleUploads(olderThanMs, signal);
  return stale.filter(({ key }) => {
    const [first = ''] = key.split('/');
    return key.includes('/') && (first === 'wal' || isSetName(first));
  });
}

/** That it is gone already is no failure. */
export async function removeUpload(
  store: Store,
  { key, uploadId }: StaleUpload,
  signal?: AbortSignal,
): Promise<void> {
  if (takesParts(store)) await store.abortUpload(key, uploadId, signal);
}

function takesParts(store: Store): store is S3Store {
  return store.kind === 's3' && 'staleUploads' in store;
}
