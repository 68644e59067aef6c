import { corruptHeapPages } from './corrupt-heap-pages.js';
import { dropIndex } from './drop-index.js';
import { exhaustConnections } from './exhaust-connections.js';
import type { LabFault } from './lab-fault.js';
import { lockStorm } from './lock-storm.js';
import { runawayQuery } from './runaway-query.js';
import { staleStatistics } from './stale-statistics.js';

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [corruptHeapPages, dropIndex, exhaustConnections, lockStorm, runawayQuery, staleStatistics].map((fault) => [
    fault.name,
    fault,
  ]),
);
