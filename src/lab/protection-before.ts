import { findReceiver, walReach, type WalReach } from '../backup/index.js';
import { Failure, type Json } from '../base/index.js';
import { isFrozen } from '../children/index.js';
import { faultNote } from './faults/fault-note.js';
import type { Lab } from './lab.js';
import { labSlot } from './protect.js';
import { trafficTarget } from './traffic-switch.js';

/**
 * Past the ten seconds after which a receiver says at the latest how far it is (pg_receivewal, --status-interval): at the end of a
 * segment, with nothing written after it, it says so no sooner.
 */
const patienceMs = 12_000;

/**
 * How far the log has come to the second place right before a disaster. It is measured once for each, and kept: an engine that takes
 * the injection up again would measure what the disaster did to the stream, which is no fault of the protection.
 */
export async function protectionBefore(lab: Lab, run: string, fault: string): Promise<WalReach> {
  const note = faultNote(lab, `${fault}.protection`);
  const kept = note.read();
  const { reach, said } = kept ?? {};
  if (kept?.['run'] === run && isReach(reach) && typeof said === 'string') return { reach, said };
  const now = await look(lab);
  note.write({ v: 1, run, ...now });
  return now;
}

async function look(lab: Lab): Promise<WalReach> {
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
  // Where nothing was written since it ended, a stream that is not there looks complete.
  if (found.reach === 'not-known' || lacks === null) return found;
  return { reach: 'incomplete', said: `${lacks}; ${found.said}` };
}

function isReach(value: Json | undefined): value is WalReach['reach'] {
  return value === 'complete' || value === 'incomplete' || value === 'not-known';
}
