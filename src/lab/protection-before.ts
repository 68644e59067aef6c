import { findReceiver, walReach, type WalReach } from '../backup/index.js';
import { Failure, type Json } from '../base/index.js';
import { isFrozen } from '../children/index.js';
import { replicationLag, withSession, type ClusterLocation } from '../postgres/index.js';
import { faultNote } from './faults/fault-note.js';
import type { Lab } from './lab.js';
import { labSlot } from './protect.js';
import { bothRegions, regionsOf } from './regions/addresses.js';
import { slotOf } from './regions/make-standby.js';
import { trafficTarget } from './traffic-switch.js';

/** How far the log had come, and, where a standby lacked some of it, what, in words. */
export interface MeasuredProtection extends WalReach {
  readonly standby?: string;
}

/**
 * Past the ten seconds after which a receiver says at the latest how far it is (pg_receivewal, --status-interval): at the end of a
 * segment, with nothing written after it, it says so no sooner.
 */
const patienceMs = 12_000;

/**
 * How far the log has come to the second place right before a disaster. It is measured once for each, and kept: an engine that takes
 * the injection up again would measure what the disaster did to the stream, which is no fault of the protection.
 */
export async function protectionBefore(lab: Lab, run: string, fault: string): Promise<MeasuredProtection> {
  const note = faultNote(lab, `${fault}.protection`);
  const kept = note.read();
  const { reach, said, standby } = kept ?? {};
  if (kept?.['run'] === run && isReach(reach) && typeof said === 'string')
    return { reach, said, ...(typeof standby === 'string' ? { standby } : {}) };
  const now = await look(lab);
  note.write({ v: 1, run, ...now });
  return now;
}

async function look(lab: Lab): Promise<MeasuredProtection> {
  let location;
  try {
    location = trafficTarget(lab);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { reach: 'not-known', said: error.message };
  }
  const receiver = await findReceiver(lab.paths.wal);
  const lacks = receiver === null ? 'no receiver runs' : isFrozen(receiver) ? 'its receiver is frozen' : null;
  const found = await walReach(location, labSlot, lacks === null ? patienceMs : 1000);
  if (found.reach === 'not-known') return found;
  // Where nothing was written since it ended, a stream that is not there looks complete.
  const received: WalReach =
    lacks === null ? found : { reach: 'incomplete', said: `${lacks}; ${found.said}` };
  const standby = await lackOfStandby(lab, location);
  return standby === null ? received : { ...received, standby };
}

/** A second region's standby is protection, too: what it lacks has to be fetched when it is needed, or is missing. */
async function lackOfStandby(lab: Lab, location: ClusterLocation): Promise<string | null> {
  if (regionsOf(lab) === 1 || location.dataDirectory !== bothRegions(lab).a.dataDirectory) return null;
  const { receivers } = await withSession(location, { readOnly: true }, replicationLag);
  const follows = receivers.some((one) => one.name === slotOf.b);
  const { reach, said } = await walReach(location, slotOf.b, follows ? patienceMs : 1000);
  if (follows && reach === 'complete') return null;
  if (!follows) return `it follows nobody; ${said}`;
  return `${reach === 'incomplete' ? 'it is behind' : 'nobody could say whether it follows'}; ${said}`;
}

function isReach(value: Json | undefined): value is WalReach['reach'] {
  return value === 'complete' || value === 'incomplete' || value === 'not-known';
}
