/**
 * Backup sets: taken, listed, verified, restored; the write-ahead log between them.
 * Promise: nothing half-made is ever listed; nothing is touched before what replaces it was checked; not run is not passed.
 */
export * from './set/backup-set.js';
export * from './logical/logical-losses.js';
export * from './logical/restore-database.js';
export * from './logical/restore-logical.js';
export * from './logical/take-logical-backup.js';
export * from './physical/base-backup.js';
export { bytesToRead } from './physical/bytes-to-read.js';
export { findAge, type AgeTool } from './encryption/age-tool.js';
export { copyNotes } from './set/copy-notes.js';
export { copySet, type CopyRequest, type CopyResult } from './set/copy-set.js';
export {
  type DecryptRequest,
  type Decrypted,
  decryptFile,
  decryptStream,
} from './encryption/decrypt-file.js';
export { encryptFiles } from './encryption/encrypt-files.js';
export * from './expectation/expectation.js';
export * from './expectation/find-losses.js';
export * from './set/hold-store.js';
export { newIdentity, requireIdentities } from './encryption/identities.js';
export type { HeldBy, Work } from './set/read-holds.js';
export * from './set/make-set.js';
export * from './set/manifest.js';
export * from './physical/newest-outside.js';
export * from './physical/newest-usable.js';
export * from './physical/physical-losses.js';
export { quietSettings } from './physical/prepare-restored.js';
export * from './physical/recovery-target.js';
export * from './pgbackrest/find-pgbackrest.js';
export {
  listRepository,
  openRepository,
  type Repository,
  type RepositoryRequest,
} from './pgbackrest/open-repository.js';
export type {
  RepositoryBackup,
  RepositoryBackupType,
  RepositoryListing,
} from './pgbackrest/repository-info.js';
export * from './pgbackrest/restore-repository.js';
export * from './pgbackrest/take-repository-backup.js';
export type { Progress } from './progress.js';
export * from './retention/plan-prune.js';
export * from './retention/prune.js';
export * from './physical/restore-backup.js';
export type { Recovered } from './physical/recover-cluster.js';
export * from './restore/accept-swap.js';
export * from './restore/finish-restored.js';
export * from './restore/finish-swap.js';
export * from './restore/kept-cluster.js';
export { halfRestored } from './restore/half-restored.js';
export { judgeTarget } from './restore/judge-target.js';
export { claimTarget, type RestoreClaim } from './restore/restore-claim.js';
export { readSwapNote } from './restore/cluster-swap-note.js';
export * from './restore/restore-in-place.js';
export * from './restore/restore-into-service.js';
export * from './restore/roll-back-cluster.js';
export * from './restore/safety-copies.js';
export * from './restore/swap-cluster.js';
export * from './restore/swap-database.js';
export * from './restore/swap-note.js';
export * from './restore/take-safety-copy.js';
export {
  describeRecipient,
  readRecipients,
  recipientProblem,
  recipientsWarning,
} from './encryption/recipients.js';
export * from './wal/commit-promise.js';
export { feedCommand, feedStandby, lackingInStandby, type FeedRequest } from './wal/feed-standby.js';
export { archiveErrorCode, installRestoreScript, restoreScript } from './wal/restore-command.js';
export * from './expectation/sequence-values.js';
export * from './wal/ship-wal.js';
export * from './set/set-files.js';
export * from './physical/set-alone.js';
export * from './physical/set-aside.js';
export { safetySuffix } from './set/safety-source.js';
export * from './set/signing.js';
export * from './set/stage-set.js';
export { stageStructure } from './set/stage-structure.js';
export * from './wal/stage-wal.js';
export * from './expectation/structure.js';
export * from './expectation/structure-shape.js';
export * from './physical/take-backup.js';
export * from './expectation/take-expectation.js';
export type { Control, Tried } from './prove/control.js';
export { controls } from './prove/controls.js';
export * from './prove/proof.js';
export * from './prove/prove-set.js';
export * from './verify/verification.js';
export * from './set/verification-record.js';
export type { Freshness, SmokeQuery } from './verify/check-usable.js';
export * from './verify/missing-objects.js';
export { compareContent } from './verify/compare-content.js';
export { countedChanges, watchRows, type WatchedRows } from './verify/watch-rows.js';
export { fetchFiles } from './verify/fetch-files.js';
export type { VerifyRequest } from './verify/verify-request.js';
export * from './verify/verify-set.js';
export { walContinuity, type WalContinuity, type WalRequest } from './wal/wal-continuity.js';
export * from './wal/wal-reach.js';
export * from './wal/wal-receiver.js';
export * from './wal/wal-segments.js';
