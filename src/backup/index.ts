/**
 * Backup sets: taken, listed, verified, restored; the write-ahead log between them.
 * Promise: nothing half-made is ever listed; nothing is touched before what replaces it was checked; not run is not passed.
 */
export * from './backup-set.js';
export * from './base-backup.js';
export * from './expectation.js';
export * from './manifest.js';
export * from './newest-usable.js';
export { quietSettings } from './prepare-restored.js';
export * from './recovery-target.js';
export * from './restore-backup.js';
export * from './restore-command.js';
export * from './sequence-values.js';
export * from './set-files.js';
export * from './set-aside.js';
export * from './signing.js';
export * from './structure.js';
export * from './structure-shape.js';
export * from './take-backup.js';
export * from './take-expectation.js';
export * from './verification.js';
export * from './verification-record.js';
export * from './verify-backup.js';
export { compareContent, type Freshness } from './verify-restored.js';
export * from './wal-continuity.js';
export * from './wal-reach.js';
export * from './wal-receiver.js';
export * from './wal-segments.js';
