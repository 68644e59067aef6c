import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterLocation } from './cluster-location.js';
import { findPostmaster } from './postmaster.js';

/** `absent`: there is no data directory with a cluster in it, whatever may still be listening. */
export type ClusterState = 'running' | 'stopped' | 'absent';

export async function clusterState(location: ClusterLocation): Promise<ClusterState> {
  if ((await findPostmaster(location.dataDirectory)) !== null) return 'running';
  return access(join(location.dataDirectory, 'PG_VERSION')).then(
    () => 'stopped',
    () => 'absent',
  );
}
