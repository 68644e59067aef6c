import type { ClusterLocation } from './cluster-location.js';
import { wasTurnedAway } from './connect-failure.js';
import { connectTo } from './connect.js';

/** Whether a server takes the password of this passfile. Rejects when it does not answer: not known is not refused. */
export async function letsIn(location: ClusterLocation): Promise<boolean> {
  try {
    await (await connectTo(location, { applicationName: 'firedrill rotation' })).end();
    return true;
  } catch (failure) {
    if (wasTurnedAway(failure)) return false;
    throw failure;
  }
}
