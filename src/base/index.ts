/**
 * Vocabulary that every folder shares: JSON, diagnostics, failures, the exit-code table, clocks, durations, insertion.
 * Promise: pure, touches no file, process or network, and imports nothing of firedrill.
 */
export * from './bech32.js';
export * from './both-or-neither.js';
export * from './clock.js';
export * from './diagnostic.js';
export * from './duration.js';
export * from './exit-codes.js';
export * from './expectation.js';
export * from './failure.js';
export * from './hash.js';
export * from './insert.js';
export * from './json.js';
export * from './run-id.js';
export * from './shell-words.js';
export * from './size.js';
export * from './suggestion.js';
export * from './printable.js';
