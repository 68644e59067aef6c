/**
 * Ways to hurt files and clusters: used by the lab's faults and by negative controls.
 * Promise: never outside the given folder; what was done, and what it replaced, is on disk before the first byte changes.
 */
export * from './ground-truth.js';
export * from './heap-pages.js';
export { findTuples, pageBytes } from './heap-page-layout.js';
export { locateRelation, type RelationFile } from './relation-file.js';
