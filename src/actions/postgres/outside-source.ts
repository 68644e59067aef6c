import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  findBackup,
  requireKind,
  stageSet,
  stageWal,
  type PhysicalManifest,
  type StagedSet,
} from '../../backup/index.js';
import type { JsonObject } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { text } from '../define.js';
import type { Environment } from '../environment.js';
import { originalsOf } from '../immutable/outside.js';

/** What a restore reads: a set and a folder of log, and what removes what was brought for it. */
export interface RestoreSource {
  readonly set: StagedSet<PhysicalManifest>;
  readonly walDirectory: string;
  release(): Promise<void>;
}

/** Arguments of the actions that can read from the immutable store instead of the environment's own. */
export const outsideArguments = {
  from: {
    ...{ type: 'string', enum: ['own', 'immutable'] },
    description: 'own: the environment’s store and log (default); immutable: the copy outside, as first put',
  },
  before: { type: 'string', format: 'date-time', description: 'only what was put before this time' },
} as const;

/**
 * Brings a set and its log from the copy outside to beside the new cluster, decrypted, every byte checked. What is brought lies
 * open there, so it is removed whatever comes of the restore.
 */
export async function bringFromOutside(
  environment: Environment,
  given: JsonObject,
  into: ClusterLocation,
  { signal, output }: { readonly signal: AbortSignal; readonly output: (text: string | Uint8Array) => void },
): Promise<RestoreSource> {
  const store = await originalsOf(environment, given['before']);
  const set = requireKind(await findBackup(store, environment.trusted, text(given['backup'])), 'physical');
  const identities = typeof given['identity'] === 'string' ? [given['identity']] : [];
  const place = (name: string) => join(dirname(into.dataDirectory), name);
  const release = async () => {
    for (const name of ['staging-set', 'staging-wal'])
      await rm(place(name), { recursive: true, force: true });
  };
  try {
    output(`bringing ${set.id} and its log from ${store.describe}\n`);
    const { account } = into;
    const common = { store, identities, account, signal };
    const staged = await stageSet({ ...common, set, into: place('staging-set'), output });
    const { server, wal } = set.manifest;
    const log = await stageWal({
      ...{ ...common, into: place('staging-wal'), systemIdentifier: server.systemIdentifier },
      ...{ timeline: wal.timeline, fromLsn: wal.startLsn, segmentBytes: server.walSegmentBytes },
    });
    output(`${log.segments} segments of log${log.gap === null ? '' : `, up to the gap at ${log.gap}`}\n`);
    return { set: staged, walDirectory: log.directory, release };
  } catch (failure) {
    await release();
    throw failure;
  }
}
