import { bloat } from './bloat.js';
import { breakNewestBackup } from './break-newest-backup.js';
import { corruptHeapPages } from './corrupt-heap-pages.js';
import { dropIndex } from './drop-index.js';
import { exhaustConnections } from './exhaust-connections.js';
import type { LabFault } from './lab-fault.js';
import { lockStorm } from './lock-storm.js';
import { loseRegionFault } from './lose-region.js';
import { loseRowsFault } from './lose-rows.js';
import { loseServer } from './lose-server.js';
import { loseSigningKey } from './lose-signing-key.js';
import { ransomware } from './ransomware.js';
import { removeWalSegment } from './remove-wal-segment.js';
import { runawayQuery } from './runaway-query.js';
import { slowStore } from './slow-store.js';
import { staleStatistics } from './stale-statistics.js';
import { staleStandby } from './stale-standby.js';
import { stopWalReceiverFault } from './stop-wal-receiver.js';

const disasters: readonly LabFault[] = [
  corruptHeapPages,
  loseRegionFault,
  loseRowsFault,
  loseServer,
  ransomware,
  ...[bloat, dropIndex, exhaustConnections, lockStorm, runawayQuery, staleStatistics],
];

/** What breaks the recovery itself, not the service. */
const sabotage: readonly LabFault[] = [
  breakNewestBackup,
  loseSigningKey,
  removeWalSegment,
  slowStore,
  staleStandby,
  stopWalReceiverFault,
];

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [...disasters, ...sabotage].map((fault) => [fault.name, fault]),
);
