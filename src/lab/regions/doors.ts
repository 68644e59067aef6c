/**
 * The ways to the database of region A, each a port of the lab's network: clients come through the first, region B (its standby,
 * the receiver of the log, its probes) through the second, and the third vantage point, in neither region, looks through the last.
 */
export const doorNames = ['clients', 'link', 'third'] as const;
export type DoorName = (typeof doorNames)[number];
export type Doors = { readonly [door in DoorName]: number };

/** Shut against clients and against region B by the fence. Through the third, one may only look. */
export const fencedDoors: readonly DoorName[] = ['clients', 'link'];
