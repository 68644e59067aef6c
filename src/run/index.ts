/**
 * The pure core of a run: entries, the state they fold to, and what should happen next.
 * Promise: no clock, file, process or network; the same entries always give the same state and the same decision.
 */
export * from './command.js';
export * from './entry.js';
export * from './facts.js';
export * from './feed.js';
export * from './state.js';
