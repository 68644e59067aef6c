/**
 * Where backups lie, through one contract.
 * Promise: what `put` returned is durable; nothing is overwritten; a missing capability is said in plain words.
 */
export * from './accepts-keys.js';
export * from './durable.js';
export * from './local-store.js';
export * from './read-pace.js';
export * from './s3/index.js';
export * from './store.js';
