import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { wasTurnedAway } from './connect-failure.js';
import { readFingerprint, type Fingerprint } from './fingerprint.js';
import { sqlState } from './query-failure.js';

const parts: readonly (readonly [keyof Fingerprint, string])[] = [
  ['systemIdentifier', 'system identifier'],
  ['dataDirectory', 'real path of the data directory'],
  ['inode', 'inode of the data directory'],
  ['postmasterPid', 'postmaster'],
  ['postmasterStart', 'start time of the postmaster'],
  ['host', 'host'],
  ['port', 'port'],
];

/** Adds one sentence to `wrong` when a part of a target is not what was recorded; the same sentence only once. */
export function comparePart(wrong: string[], part: string, recorded: unknown, found: unknown): void {
  if (recorded === found) return;
  const said = `${part} is ${String(found)}, recorded ${String(recorded)}`;
  if (!wrong.includes(said)) wrong.push(said);
}

/** Every part that differs. A standby that became a primary was promoted, and is still the same; the other way round is not. */
export function compareFingerprints(wrong: string[], recorded: Fingerprint, live: Fingerprint): void {
  for (const [part, name] of parts) comparePart(wrong, name, recorded[part], live[part]);
  if (live.inRecovery && !recorded.inRecovery)
    wrong.push('it is a standby or still recovering, recorded as a primary');
}

/**
 * Null for a server that cannot answer, frozen, dying, or with its own catalogue unreadable: whoever asks compares its process
 * instead.
 */
export async function readLiveFingerprint(
  location: ClusterLocation,
  wrong: string[],
): Promise<Fingerprint | null> {
  try {
    return await readFingerprint(location);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Class XX: it answered that it cannot read its own pages, and said nothing about who it is.
    if (sqlState(error)?.startsWith('XX') === true) return null;
    if (error.reason === 'refused' || error.reason === 'check' || wasTurnedAway(error))
      wrong.push(error.message);
    return null;
  }
}
