import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Connection } from './connection.js';
import { existsAlready } from './find-object.js';
import { listVersions } from './list-objects.js';
import type { StoredVersion } from './settings.js';

/**
 * Some services ignore the condition not to overwrite where versions are kept, and all of them may on uploads in parts. There
 * two writers of one key both succeed, and neither loses bytes: but only the first may believe that the key is its own. The
 * oldest version since the last delete marker wins; any other is taken back, where no lock keeps it, and `refused`. Where the
 * versions may not be listed, only the look before the put guards the key.
 */
export async function requireFirst(
  at: Connection,
  key: string,
  versionId: string,
  signal?: AbortSignal,
): Promise<void> {
  const first = await firstLive(at, key, signal).catch(() => undefined);
  if (first === undefined || first.versionId === versionId) return;
  const Bucket = at.settings.bucket;
  const command = new DeleteObjectCommand({ Bucket, Key: at.full(key), VersionId: versionId });
  // A locked version, or a writer that may destroy nothing: it stays, the earlier one can be read by its id.
  await at
    .send(`taking back ${key}`, (send) => at.client.send(command, send), { signal })
    .catch(() => undefined);
  throw existsAlready(at, key);
}

async function firstLive(
  at: Connection,
  key: string,
  signal: AbortSignal | undefined,
): Promise<StoredVersion | undefined> {
  let first: StoredVersion | undefined;
  for await (const version of listVersions(at, key, signal)) {
    if (version.key !== key || version.isDeleteMarker) break;
    first = version;
  }
  return first;
}
