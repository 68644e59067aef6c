import { Failure } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { ClusterName, Environment } from '../environment.js';

/** Rejects with `unavailable` while nothing has that name. */
export async function requireCluster(
  { postgres, name: environment }: Environment,
  name: ClusterName,
): Promise<ClusterLocation> {
  const location = await postgres.find(name);
  if (location !== null) return location;
  throw new Failure('unavailable', `environment ${environment} has no ${name} cluster`, {
    hint:
      name === 'standby'
        ? 'Do this step by hand; a lab has a standby with `regions: 2`, your own environment with `standby`.'
        : 'Do this step by hand, or make one first.',
    retryable: false,
  });
}
