/** A second region beside the first: its database, its store, and the network between the two. */
export { behindDoor, bothRegions, regionsOf, throughDoor } from './addresses.js';
export type { DoorName, Doors } from './doors.js';
export { fenceRegion, liftFence, lookAtFence, type FenceSighting } from './fence.js';
export { cutDoor } from './cut-door.js';
export { slotOf } from './make-standby.js';
export { readRules, type Fence, type NetworkRules } from './network-rules.js';
export { probeRegion, type RegionSightings } from './probe-region.js';
export { storeOfB } from './region-stores.js';
export { wakeAndWrite, type Woken } from './wake-region.js';
export { writeAsClient, type ClientWrite, type WriteOutcome } from './write-as-client.js';
