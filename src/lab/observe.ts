import { startSentinel, type SentinelNote } from '../sentinel/index.js';
import type { Lab } from './lab.js';
import { passfileOf } from './paths.js';
import { labRoles } from './lab-roles.js';

/** Starts the lab's observer, or finds it; its ledger grows in `recordDirectory` and stays when the lab is removed. */
export async function observeLab(
  lab: Lab,
  options: {
    readonly recordDirectory: string;
    readonly session: string;
    readonly intervalMs?: number;
    readonly probeRelation?: string;
  },
): Promise<SentinelNote> {
  const { seed } = lab.state();
  return startSentinel({
    recordDirectory: options.recordDirectory,
    stateDirectory: lab.paths.sentinel,
    trafficFile: lab.paths.traffic,
    user: labRoles(lab.state()).sentinel,
    passfile: passfileOf(lab.paths, 'sentinel'),
    intervalMs: options.intervalMs ?? 250,
    probeRelation: seed === undefined ? (options.probeRelation ?? 'public.bookings') : seed.probe,
    // The copy may hold canaries of the organisation's own observer.
    ...(seed === undefined ? {} : { firstId: Date.now() }),
    session: options.session,
    heartbeat: { file: lab.paths.heartbeat, limitMs: lab.state().heartbeatLimitMs },
  });
}
