/**
 * The only loop: decide → perform → append → publish.
 * Promise: an effect begins only after its intent is durable; nothing is published before it is on disk.
 */
export type { Opening, TakeUp } from './begin-session.js';
export * from './ports.js';
export * from './run-to-end.js';
