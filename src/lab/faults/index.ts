import { corruptHeapPages } from './corrupt-heap-pages.js';
import type { LabFault } from './lab-fault.js';
import { ransomware } from './ransomware.js';

/** The faults by name. */
export const labFaults: ReadonlyMap<string, LabFault> = new Map(
  [corruptHeapPages, ransomware].map((fault) => [fault.name, fault]),
);
