/**
 * Throw-away environments: real clusters, a sample database and application, an observer, and the faults.
 * Promise: nothing outside a lab's own folder is ever hurt; whatever was started is stopped and removed, or named as left over.
 */
export * from './application/control.js';
export { applicationHost, deployApplication, deployedApplication } from './application/host.js';
export { bookThroughApplication, hasBooking } from './application/test-booking.js';
export type { LoadFigures } from './application/load.js';
export { allocateCluster, assignCluster, locateCluster, noteRestarted } from './clusters.js';
export { labFaults } from './faults/index.js';
export type { InjectedFault, LabFault } from './faults/lab-fault.js';
export { guardLab } from './guard.js';
export { beat } from './heartbeat.js';
export * from './describe-lab.js';
export * from './lab.js';
export { labPolicy } from './lab-roles.js';
export type { DataListing } from './seed/list-data.js';
export type { LabSeed } from './seed/seed.js';
export { labLatency, requireLatency, type LabLatency } from './latency.js';
export { openLab } from './open-lab.js';
export { labDown, removeLab, type LabRemoval } from './lab-down.js';
export * from './lab-up.js';
export { observeLab } from './observe.js';
export * from './object-store/index.js';
export * from './protect.js';
export { protectionBefore } from './protection-before.js';
export { isLabProvisioned, provisionLab } from './provision.js';
export * from './regions/index.js';
export type { ClusterRecord, LabClusterName, LabState } from './lab-state.js';
export type { LabPaths } from './paths.js';
export { passfileOf } from './paths.js';
export { sampleDatabase, samplePolicy, sampleRoles } from './sample/index.js';
export * from './traffic-switch.js';
export { immutableLacks } from './immutable/make-immutable.js';
export { ownerStore, storeCredentials, writerStore } from './immutable/places.js';
export * from './immutable/escrow.js';
export * from './immutable/writer-keys.js';
export { shipOutside } from './immutable/ship-outside.js';
export { isShipping, startShipper } from './immutable/start-shipper.js';
export * from './rotate-passwords.js';
