import { compareLsn, type Settings } from '../../postgres/index.js';
import { Failure } from '../../base/index.js';
import type { PhysicalManifest } from '../set/manifest.js';

/**
 * How far a restore replays. `latest`: all there is. The others stop just before the named place unless `inclusive`;
 * a restore point (`name`) has no before.
 */
export type RecoveryUntil =
  | 'latest'
  | { readonly lsn: string; readonly inclusive?: boolean }
  | { readonly time: string; readonly inclusive?: boolean }
  | { readonly xid: string; readonly inclusive?: boolean }
  | { readonly name: string };

/** Settings for PostgreSQL. It refuses a second target even when that is empty, so only one is ever written. */
export function recoverySettings(until: RecoveryUntil, action: 'promote' | 'pause'): Settings {
  const common = { recovery_target_action: action, recovery_target_timeline: 'latest' };
  if (until === 'latest') return common;
  if ('name' in until) return { ...common, recovery_target_name: until.name };
  const where = { ...common, recovery_target_inclusive: until.inclusive === true ? 'on' : 'off' };
  if ('lsn' in until) return { ...where, recovery_target_lsn: until.lsn };
  if ('time' in until) return { ...where, recovery_target_time: until.time };
  return { ...where, recovery_target_xid: until.xid };
}

/** With a zone, as ISO 8601 or PostgreSQL writes it: `2027-01-17T01:02:03Z`, `2027-01-17 02:02:03.5+01`. */
const timeWithZone =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?:(Z)|([+-]\d{2}):?(\d{2})?)$/i;

/** Milliseconds since 1970. Rejects with `invalid` without a zone: two servers would take it for two different moments. */
function parseTarget(time: string): number {
  const match = timeWithZone.exec(time);
  if (match !== null) {
    const [, day = '', clock = '', utc, hours = '', minutes = '00'] = match;
    const at = Date.parse(`${day}T${clock}${utc ?? `${hours}:${minutes}`}`);
    if (!Number.isNaN(at)) return at;
  }
  throw new Failure('invalid', `not a time with a zone: ${time}`, {
    hint: 'Write it like 2027-01-17T01:02:03Z or 2027-01-17T02:02:03+01:00.',
  });
}

/** A backup is consistent from its end on: nothing earlier can be reached with it. */
export function requireReachable(
  until: RecoveryUntil,
  manifest: Pick<PhysicalManifest, 'id' | 'wal' | 'times'>,
): void {
  const { stopLsn } = manifest.wal;
  if (until !== 'latest' && 'lsn' in until && compareLsn(until.lsn, stopLsn) < 0) {
    throw new Failure(
      'refused',
      `the target ${until.lsn} lies before the end of backup ${manifest.id} at ${stopLsn}`,
      {
        hint: 'Choose an older backup, or a later target.',
      },
    );
  }
  if (
    until !== 'latest' &&
    'time' in until &&
    parseTarget(until.time) < Date.parse(manifest.times.serverEnded)
  ) {
    throw new Failure(
      'refused',
      `the target ${until.time} lies before the end of backup ${manifest.id} at ${manifest.times.serverEnded}`,
      {
        hint: 'Choose an older backup, or a later target.',
      },
    );
  }
}

export function describeUntil(until: RecoveryUntil): string {
  return until === 'latest'
    ? 'latest'
    : Object.entries(until)
        .map(([kind, value]) => `${kind} ${String(value)}`)
        .join(', ');
}
