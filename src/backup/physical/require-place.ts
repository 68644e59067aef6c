import { rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, formatSize } from '../../base/index.js';
import {
  killCluster,
  requireEmptyTarget,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { makeDurableFolder } from '../../store/index.js';
import type { BackupManifest } from '../set/manifest.js';

/**
 * A physical restore of a set can be made there: nothing stands there, there is room, the programs are of its version. Rejects
 * with `refused` or `unavailable`.
 */
export async function requirePlace(
  into: ClusterLocation,
  manifest: BackupManifest,
  tools: PostgresTools,
): Promise<void> {
  const { server, id } = manifest;
  await requireEmptyTarget(into.dataDirectory);
  await requireEmptyTarget(`${into.dataDirectory}.tablespaces`);
  if (server.major !== tools.major) {
    throw new Failure(
      'refused',
      `backup ${id} is of PostgreSQL ${server.major}, the programs here are of ${tools.major}`,
    );
  }
  await requireRoom(into, server.bytes);
}

async function requireRoom(into: ClusterLocation, bytes: number): Promise<void> {
  const parent = dirname(into.dataDirectory);
  await makeDurableFolder(parent);
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize > bytes) return;
  throw new Failure(
    'unavailable',
    `no room for a restore in ${parent}: ${formatSize(bavail * bsize)} free, ${formatSize(bytes)} needed`,
    { retryable: false },
  );
}

/** Stops and removes what a failed restore made; its server log stays. */
export async function removeFailed(into: ClusterLocation): Promise<void> {
  await killCluster(into).catch(() => []);
  await rm(into.dataDirectory, { recursive: true, force: true });
  await rm(`${into.dataDirectory}.tablespaces`, { recursive: true, force: true });
}
