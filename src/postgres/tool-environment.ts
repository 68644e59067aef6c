import type { ClusterLocation } from './cluster-location.js';

/**
 * The whole environment of a PostgreSQL program. Nothing of ours is inherited but PATH and TZ: a stray PGHOST, PGSERVICE or
 * PGOPTIONS could point a tool at another server. Messages are in English, because they are read.
 */
export function toolEnvironment(location: ClusterLocation | null): { [name: string]: string } {
  const { PATH = '/usr/bin:/bin', TZ, HOME } = process.env;
  const base = { PATH, LC_ALL: 'C', PGTZ: 'UTC', ...(TZ === undefined ? {} : { TZ }) };
  // libpq looks into the home folder for certificates; another account may not read ours.
  const home = location?.account ? '/nonexistent' : (HOME ?? '/nonexistent');
  if (location === null) return { ...base, HOME: home };
  return {
    ...base,
    HOME: home,
    PGHOST: location.host,
    PGPORT: String(location.port),
    PGUSER: location.user,
    PGDATABASE: location.database,
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'firedrill',
    ...(location.passfile === null ? {} : { PGPASSFILE: location.passfile }),
  };
}
