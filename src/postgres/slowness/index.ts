/** What makes a sound database slow: found without taking a lock, and ended one session at a time. */
export { isBackup } from './backup-sessions.js';
export * from './bloat.js';
export * from './blocking-tree.js';
export * from './connection-slots.js';
export * from './create-indexes.js';
export * from './end-session.js';
export * from './horizon-holders.js';
export * from './judge-latency.js';
export * from './latency-baseline.js';
export * from './long-queries.js';
export * from './measure-latency.js';
export * from './relation-sizes.js';
export { parseSessionId } from './session-id.js';
export * from './stale-statistics.js';
export * from './vacuum-tables.js';
