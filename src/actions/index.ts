/**
 * The built-in actions, one file each, and the environment they act on.
 * Promise: an action rejects with a `Failure` for everything that was to be expected, and ends its children first.
 */
export * from './action.js';
export * from './environment.js';
export { declaredEnvironment, type DeclaredEnvironmentOptions } from './declared-environment.js';
export { declaredLatency } from './declared/declared-latency.js';
export { judgeDeclared, type Sighting } from './declared/judge-declared.js';
export { openStore } from './declared/open-store.js';
export { runOrFail } from './declared/run-command.js';
export { openDeclared, shortcomings } from './declared/open-declared.js';
export { removeEmptyPlace } from './declared/made-places.js';
export { declaredSigner, declaredTrust, declaredVerifier } from './declared/signing.js';
export { readDeclared, type DeclaredSettings } from './declared/settings.js';
export { named, stateFile, type DeclaredState, type StateFile } from './declared/state.js';
export { recordBaseline } from './postgres/record-baseline.js';
export type { LatencyPort } from './latency-port.js';
export { labEnvironment, type LabEnvironmentOptions } from './lab-environment.js';
export { builtInActions, performAction } from './registry.js';
