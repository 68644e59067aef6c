import { corruptHeapPages } from './corrupt-heap-pages.js';
import type { LabFault } from './lab-fault.js';
import { loseRegionFault } from './lose-region.js';

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [corruptHeapPages, loseRegionFault].map((fault) => [fault.name, fault]),
);
