import { corruptHeapPages } from './corrupt-heap-pages.js';
import type { LabFault } from './lab-fault.js';
import { loseServer } from './lose-server.js';

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [corruptHeapPages, loseServer].map((fault) => [fault.name, fault]),
);
