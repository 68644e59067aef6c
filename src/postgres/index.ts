/**
 * Talking to PostgreSQL: tools found and probed, clusters made and started, catalogue, fingerprints, content hashes.
 * Promise: no password in arguments or messages; what PostgreSQL says comes back as values or a `Failure`.
 */
export * from './cluster-location.js';
export * from './session.js';
