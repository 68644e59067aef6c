import { corruptHeapPages } from './corrupt-heap-pages.js';
import type { LabFault } from './lab-fault.js';

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [corruptHeapPages].map((fault) => [fault.name, fault]),
);
