/**
 * Ways to hurt files, clusters and stores: used by the lab's faults and by negative controls.
 * Promise: never outside the given folder; a fault's record, and what it replaced, is on disk before the first byte changes; whatever
 * reports that it did harm has looked.
 */
export * from './drop-objects.js';
export * from './ground-truth.js';
export * from './heap-pages.js';
export { findTuples, pageBytes } from './heap-page-layout.js';
export * from './hurt-file.js';
export * from './hurt-rows.js';
export * from './lost-server.js';
export * from './lost-server-truth.js';
export * from './lose-rows.js';
export * from './lost-rows-truth.js';
export { pageChecksum, writtenChecksum } from './page-checksum.js';
export { readPageAt } from './page-file.js';
export { locateRelation, type RelationFile } from './relation-file.js';
export * from './relation-place.js';
export * from './silent-pages.js';
export * from './unreachable-folder.js';
export * from './ransom/attack-store.js';
export { attempts as storeAttempts, type Thief } from './ransom/attempts.js';
export * from './ransom/encrypt-cluster.js';
export * from './ransom/failed-read.js';
export * from './ransom/inventory.js';
export * from './ransom/ransom-truth.js';
