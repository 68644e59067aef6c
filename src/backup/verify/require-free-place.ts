import { shippedWalIn } from './restore-isolated.js';
import { requireEmptyTarget, type ClusterLocation } from '../../postgres/index.js';

/** Everything that is made there is removed afterwards: so nothing may be there before. Rejects with `refused`. */
export async function requireFreePlace(scratch: ClusterLocation): Promise<void> {
  for (const folder of [
    scratch.dataDirectory,
    `${scratch.dataDirectory}.tablespaces`,
    `${scratch.dataDirectory}.proof`,
    shippedWalIn(scratch),
    scratch.socketDirectory,
  ])
    await requireEmptyTarget(folder);
}
