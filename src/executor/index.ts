/**
 * The only loop: decide → perform → append → publish.
 * Promise: an effect begins only after its intent is durable; nothing is published before it is on disk.
 */
export * from './ports.js';
