import type { DeclaredSettings, Sighting } from '../actions/index.js';
import type { JsonObject } from '../base/index.js';

/** What `${environment.…}` inserts. `server` says whether the database answered when it was looked at. */
export function declaredValues({ name, primary, declared }: DeclaredSettings, seen: Sighting): JsonObject {
  const { application } = declared;
  return {
    name,
    database: primary.database,
    ...(application === undefined
      ? {}
      : { application: application.address ?? withoutLastPart(application.health) }),
    host: primary.host,
    port: primary.port,
    server: seen.silence === null ? 'answers' : `does not answer: ${seen.silence}`,
  };
}

/** As it was measured; of a server that does not answer only what its files and the configuration say. */
export function fingerprintOf({ primary, declared }: DeclaredSettings, seen: Sighting): JsonObject {
  if (seen.fingerprint !== null) return { ...seen.fingerprint };
  return {
    systemIdentifier: `${declared.fingerprint.systemIdentifier} (declared; the server does not answer)`,
    dataDirectory: primary.dataDirectory,
    inode: seen.inode,
    host: primary.host,
    port: primary.port,
  };
}

/** `https://app.example.org/health` → `https://app.example.org`. */
function withoutLastPart(health: string): string {
  return health.replace(/\/[^/]*$/, (last, at: number) => (health[at - 1] === '/' ? last : ''));
}
