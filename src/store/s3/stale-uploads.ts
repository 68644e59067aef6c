import type { Connection } from './connection.js';
import type { StaleUpload } from './settings.js';
import { abortUpload, sentParts, unfinishedUploads } from './unfinished-uploads.js';

/**
 * Unfinished uploads below this store's prefix that nobody has sent a part of for that long, by the store's own clock. When one was
 * begun says little: an upload of a large file may take days, and one that was interrupted is gone on with.
 */
export async function staleUploads(
  at: Connection,
  olderThanMs: number,
  signal?: AbortSignal,
): Promise<readonly StaleUpload[]> {
  const stale: StaleUpload[] = [];
  for await (const { key, uploadId, startedAt } of unfinishedUploads(at, '', signal)) {
    const upload = { key, uploadId, startedAt };
    const isOld = (time: string): boolean =>
      Date.now() + (at.skewMs() ?? 0) - Date.parse(time) >= olderThanMs;
    if (!isOld(startedAt)) continue;
    const parts = await sentParts(at, upload, signal);
    if (parts === null) continue;
    const touchedAt = parts
      .map((part) => part.LastModified?.toISOString() ?? '')
      .reduce((last, time) => (time > last ? time : last), startedAt);
    const bytes = parts.reduce((sum, part) => sum + (part.Size ?? 0), 0);
    if (isOld(touchedAt)) stale.push({ ...upload, bytes, touchedAt });
  }
  return stale;
}

export async function abortUnfinished(
  at: Connection,
  olderThanMs: number,
  signal?: AbortSignal,
): Promise<readonly StaleUpload[]> {
  const stale = await staleUploads(at, olderThanMs, signal);
  for (const { key, uploadId } of stale) await abortUpload(at, key, uploadId, signal);
  return stale;
}
