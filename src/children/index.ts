/**
 * Runs other programs: own process group, bounded tail, kill with escalation; knows which live children a dead engine left.
 * Promise: no child outlives its request; arguments never hold a secret.
 */
export * from './child-runner.js';
