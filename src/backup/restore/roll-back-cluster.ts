import { basename, dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { forgetKeptCluster, readKeptCluster } from './kept-cluster.js';
import { finishInPlace, startAsBefore, type InPlaceRequest } from './restore-in-place.js';
import { stampedName } from './stamped-name.js';
import { swapCluster, type SwappedCluster } from './swap-cluster.js';

/**
 * Puts a kept cluster back in service; the one that had taken its place is kept in turn, with everything that was written to it.
 * Rejects with `refused` when `kept` is none that stood at this place.
 */
export async function rollBackCluster(
  request: Pick<InPlaceRequest, 'tools' | 'current' | 'guard' | 'ownerStops' | 'start' | 'output'> & {
    readonly kept: string;
  },
): Promise<SwappedCluster> {
  const { kept, current, tools, ...rest } = request;
  const note = await readKeptCluster(kept);
  if (note?.dataDirectory !== current.dataDirectory)
    throw new Failure('refused', `${kept} is no cluster that a restore replaced at ${current.dataDirectory}`);
  const start = await startAsBefore(request);
  await finishInPlace(tools, current, { start });
  const replacement: ClusterLocation = { ...current, dataDirectory: kept, socketDirectory: `${kept}.run` };
  const name = stampedName(basename(current.dataDirectory), 'after', new Date());
  const keepAs = join(dirname(current.dataDirectory), name);
  const swapped = await swapCluster({
    ...{ ...rest, tools, current, replacement, keepAs, start },
    ...{ settings: 'leave', by: 'roll-back' },
  });
  await forgetKeptCluster(kept);
  return swapped;
}
