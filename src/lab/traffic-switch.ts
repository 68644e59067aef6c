import type { ClusterLocation } from '../postgres/index.js';
import { Failure } from '../base/index.js';
import { parseTraffic, type Traffic } from '../sentinel/index.js';
import { existsSync, readFileSync } from 'node:fs';
import { writeDurably } from './durable-file.js';
import type { Lab } from './lab.js';
import { throughDoor } from './regions/addresses.js';

/** Points every client of the service at this cluster, or nowhere. Clients notice within 250 ms. */
export function switchTraffic(lab: Lab, location: ClusterLocation | null): void {
  const { applicationPort } = lab.state();
  const before = knownTraffic(lab);
  if (location === null && before !== null) lab.update((state) => ({ ...state, closedAt: before }));
  const traffic: Traffic = {
    v: 1,
    changedAt: new Date().toISOString(),
    location: location === null ? null : throughDoor(lab, location, 'clients'),
    applicationUrl: `http://127.0.0.1:${applicationPort}/health`,
  };
  writeDurably(lab.paths.traffic, `${JSON.stringify(traffic, null, 2)}\n`);
}

/** What cannot be read must not keep anybody from switching. */
function knownTraffic(lab: Lab): ClusterLocation | null {
  try {
    return readTraffic(lab);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Where the service's database is, as the switch says, at its own address rather than its clients'. Throws `unavailable` while it points nowhere. */
export function trafficTarget(lab: Lab): ClusterLocation {
  const location = readTraffic(lab);
  if (location === null) throw new Failure('unavailable', 'the traffic switch points nowhere');
  const { clusters } = lab.state();
  return clusters.find((one) => one.location.dataDirectory === location.dataDirectory)?.location ?? location;
}

/** The same, and while clients are sent nowhere the cluster that they reached before. */
export function servedCluster(lab: Lab): ClusterLocation {
  return readTraffic(lab) ?? lab.state().closedAt ?? trafficTarget(lab);
}

export function isTrafficClosed(lab: Lab): boolean {
  return readTraffic(lab) === null;
}

function readTraffic(lab: Lab): ClusterLocation | null {
  if (!existsSync(lab.paths.traffic)) return null;
  return parseTraffic(readFileSync(lab.paths.traffic, 'utf8'), lab.paths.traffic).location;
}
