import { Failure } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { namedCluster, type Lab } from '../lab.js';
import type { DoorName } from './doors.js';

/** How many regions this lab has. */
export function regionsOf(lab: Lab): 1 | 2 {
  return lab.state().doors === undefined ? 1 : 2;
}

/** The same cluster, at the address by which it is reached through a door; only region A's has any. */
export function throughDoor(lab: Lab, location: ClusterLocation, door: DoorName): ClusterLocation {
  const { doors, names } = lab.state();
  if (doors === undefined || location.dataDirectory !== names.primary) return location;
  return { ...location, port: doors[door] };
}

/** The other way round: what is reached through a door, at its own address; every other location as it is. */
export function behindDoor(lab: Lab, location: ClusterLocation): ClusterLocation {
  const { doors, clusters } = lab.state();
  if (doors === undefined || !Object.values(doors).includes(location.port)) return location;
  return clusters.find((one) => one.location.dataDirectory === location.dataDirectory)?.location ?? location;
}

/** The two databases of a lab that has two regions. Throws `unavailable` for one that has not. */
export function bothRegions(lab: Lab): { readonly a: ClusterLocation; readonly b: ClusterLocation } {
  const [a, b] = [namedCluster(lab, 'primary'), namedCluster(lab, 'standby')];
  if (regionsOf(lab) === 2 && a !== null && b !== null) return { a, b };
  throw new Failure('unavailable', 'this lab has one region', {
    hint: 'Write `regions: 2` into the lab’s section of firedrill.yaml.',
    retryable: false,
  });
}
