import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { clusterState, stopCluster, type ClusterLocation } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName } from '../environment.js';

const cluster = { type: 'string', enum: ['side', 'set-aside'] };

/** What there is of it. */
function foldersOf({ dataDirectory }: ClusterLocation): string[] {
  return [dataDirectory, `${dataDirectory}.tablespaces`].filter((folder) => existsSync(folder));
}

export const postgresRemoveCluster = defineAction({
  name: 'postgres.remove-cluster',
  with: args({ cluster }, ['cluster']),
  outputs: { ok: 'whether nothing of it is left', removed: 'folder that was removed' },
  effect: 'idempotent',
  destroys: true,
  describe: (given) => `Stop the ${shown(given['cluster'])} cluster and remove its files`,
  preview: () => ['pg_ctl stop -m fast -D <data directory>', 'rm -r <data directory>'],
  perform: async (given, { environment }) => {
    const name = text(given['cluster']) as ClusterName;
    const location = await environment.postgres.find(name);
    if (location === null || foldersOf(location).length === 0)
      return { outputs: { ok: true, removed: null } };
    const current = await environment.postgres.current();
    if (current.dataDirectory === location.dataDirectory) {
      throw new Failure('refused', `the ${name} cluster is the one that clients reach`, {
        hint: 'Send clients elsewhere first.',
      });
    }
    await environment.postgres.guard(`remove the ${name} cluster`, location);
    if ((await clusterState(location)) === 'running') await stopCluster(environment.tools, location, 'fast');
    for (const folder of foldersOf(location)) await rm(folder, { recursive: true, force: true });
    // The place may be used again: what stood there must not be taken for what will.
    await environment.postgres.assign(name, location);
    return { outputs: { ok: true, removed: location.dataDirectory } };
  },
});

export const postgresIsRemoved = defineAction({
  name: 'postgres.is-removed',
  with: args({ cluster }, ['cluster']),
  outputs: { ok: 'whether nothing of it is left' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether anything of the ${shown(given['cluster'])} cluster is left`,
  preview: () => ['ls <data directory>'],
  perform: async (given, { environment }) => {
    const location = await environment.postgres.find(text(given['cluster']) as ClusterName);
    return { outputs: { ok: location === null || foldersOf(location).length === 0 } };
  },
});
