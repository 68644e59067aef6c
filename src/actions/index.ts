/**
 * The built-in actions, one file each, and the environment they act on.
 * Promise: an action rejects with a `Failure` for everything that was to be expected, and ends its children first.
 */
export * from './action.js';
export * from './environment.js';
