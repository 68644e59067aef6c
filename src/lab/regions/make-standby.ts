import { reserveSlot } from '../../backup/index.js';
import { copyAsStandby, startCluster, withSession, type ClusterLocation } from '../../postgres/index.js';
import { allocateCluster, assignCluster } from '../clusters.js';
import type { Lab } from '../lab.js';
import { throughDoor } from './addresses.js';

/** Slots by the region that streams from them. */
export const slotOf = { a: 'region_a', b: 'region_b' } as const;

/**
 * Makes region B's database, a standby that streams from region A through the link. Its own slot for the receiver of the log is
 * reserved now: one that is made during the checkpoint that follows a promotion would be lost with that checkpoint.
 */
export async function makeStandby(
  lab: Lab,
  primary: ClusterLocation,
  receiverSlot: string,
  signal?: AbortSignal,
): Promise<ClusterLocation> {
  const standby = await allocateCluster(lab, 'standby');
  await keepLogForRewind(primary);
  await reserveSlot(primary, slotOf.b);
  await copyAsStandby({
    ...{ tools: lab.tools, standby, slot: slotOf.b },
    primary: throughDoor(lab, primary, 'link'),
    ...(signal === undefined ? {} : { signal }),
  });
  await startCluster(lab.tools, standby);
  await reserveSlot(standby, receiverSlot);
  await assignCluster(lab, 'standby', standby);
  return standby;
}

/**
 * A lost region that comes back is rewound to where the other one went on, for which it needs its own log since the checkpoint before
 * that place; a restart in between would remove it. Copied to region B with everything else.
 */
async function keepLogForRewind(primary: ClusterLocation): Promise<void> {
  await withSession(primary, {}, async (session) => {
    await session.query(`alter system set wal_keep_size = '256MB'`);
    await session.query('select pg_reload_conf()');
  });
}
