/**
 * Durable entries in a hash chain: one JSON object a line, written and synced before anybody hears of it.
 * Promise: what `append` returned survives any crash; a torn last line is set aside and said; one writer at a time.
 */
export * from './file-journal.js';
export * from './journal.js';
export { readHolder, takeLease, type HolderIdentity, type IdentityPort } from './lease.js';
export type { Lease, LeaseHolder, LeaseRequest } from './lease.js';
export * from './memory-journal.js';
export * from './read-journal.js';
export * from './verify-chain.js';
export { encodeLine, firstPrev, type Line, type Stamp } from './wire.js';
