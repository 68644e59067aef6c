import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../base/index.js';
import {
  killCluster,
  requireEmptyTarget,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { BackupManifest } from '../set/manifest.js';
import { requireRoom } from '../set/require-room.js';

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
  await requireRoom(dirname(into.dataDirectory), server.bytes, 'restore');
}

/** Stops and removes what a failed restore made; its server log stays. */
export async function removeFailed(into: ClusterLocation): Promise<void> {
  await killCluster(into).catch(() => []);
  await rm(into.dataDirectory, { recursive: true, force: true });
  await rm(`${into.dataDirectory}.tablespaces`, { recursive: true, force: true });
}
