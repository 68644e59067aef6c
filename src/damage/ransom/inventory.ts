import { createHash } from 'node:crypto';
import type { S3Store } from '../../store/index.js';

/** One version as it could be read, byte by byte. */
export interface KeptVersion {
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Until when nobody can remove it, ISO 8601; null: it is not locked. */
  readonly lockedUntil: string | null;
}

/** Every version below a prefix, read to its last byte; markers are none. */
export async function inventory(store: S3Store, prefix = ''): Promise<KeptVersion[]> {
  const found: KeptVersion[] = [];
  for await (const { key, versionId, isDeleteMarker } of store.versions(prefix)) {
    if (isDeleteMarker) continue;
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of (await store.get(key, { versionId })) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const lockedUntil = (await store.headVersion(key, versionId))?.lockedUntil ?? null;
    found.push({ key, versionId, bytes, sha256: hash.digest('hex'), lockedUntil });
  }
  return found;
}

/** What of the one cannot be found in the other with the same bytes, locked for at least as long; in words. */
export function missingFrom(before: readonly KeptVersion[], after: readonly KeptVersion[]): string[] {
  const now = new Map(after.map((one) => [`${one.key} ${one.versionId}`, one]));
  return before.flatMap((was) => {
    const is = now.get(`${was.key} ${was.versionId}`);
    const name = `version ${was.versionId} of ${was.key}`;
    if (is === undefined) return [`${name} is gone`];
    if (is.sha256 !== was.sha256 || is.bytes !== was.bytes) return [`${name} has other bytes`];
    if (was.lockedUntil !== null && (is.lockedUntil ?? '') < was.lockedUntil)
      return [`${name} is locked until ${is.lockedUntil ?? 'never'}, before ${was.lockedUntil}`];
    return [];
  });
}
