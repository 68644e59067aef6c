/**
 * Runs other programs: own process group, bounded tail, kill with escalation; knows which live children a dead engine left.
 * Promise: no child outlives its request; arguments never hold a secret.
 */
export * from './child-runner.js';
export { childRegistry, endOrphans, noteChildrenIn, type ChildRegistry } from './child-registry.js';
export * from './end-process.js';
export * from './output-tail.js';
export * from './process-identity.js';
export * from './run-child.js';
export * from './start-detached.js';
