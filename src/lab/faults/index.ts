import { corruptHeapPages } from './corrupt-heap-pages.js';
import type { LabFault } from './lab-fault.js';
import { loseRowsFault } from './lose-rows.js';

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [corruptHeapPages, loseRowsFault].map((fault) => [fault.name, fault]),
);
