/**
 * Talking to PostgreSQL: tools found and probed, clusters made and started, catalogue, fingerprints, content hashes.
 * Promise: no password in arguments or messages; what PostgreSQL says comes back as values or a `Failure`.
 */
export * from './bring-back-tables.js';
export * from './checksum-failures.js';
export * from './cluster-location.js';
export * from './cluster-state.js';
export * from './collations.js';
export * from './column.js';
export { compareLost, type ComparedTable } from './compare-lost.js';
export * from './compare-fingerprint.js';
export * from './connect.js';
export * from './content-hash.js';
export { copyBack, type CopiedBack, type CopyBackRequest } from './copy-back.js';
export * from './create-cluster.js';
export * from './database-properties.js';
export * from './end-connections.js';
export * from './find-damage.js';
export { findTransactions, type FoundTransactions } from './find-transactions.js';
export * from './fingerprint.js';
export * from './free-port.js';
export { orderOf, type KeyOrder } from './key-order.js';
export * from './kill-cluster.js';
export * from './lsn.js';
export type { TransactionPlace } from './lost-rows.js';
export type { MergedRows } from './merge-missing.js';
export type { Harm, Suspect } from './name-suspects.js';
export * from './passfile.js';
export * from './postmaster.js';
export * from './prepare-directories.js';
export * from './query-failure.js';
export * from './quote.js';
export { logPlace, type LogPlace } from './received-wal.js';
export * from './reindex.js';
export { replaceTable, type ReplacedTable, type ReplaceTableRequest } from './replace-table.js';
export * from './run-sql.js';
export * from './run-tool.js';
export * from './server-account.js';
export * from './server-log.js';
export * from './session.js';
export * from './settings.js';
export * from './start-cluster.js';
export * from './stop-cluster.js';
export * from './tables.js';
export * from './tool-environment.js';
export * from './tools.js';
export * from './with-session.js';
