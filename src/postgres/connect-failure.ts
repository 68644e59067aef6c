import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { queryFailure, sqlState } from './query-failure.js';

/**
 * Why nobody got in. A server that turns us away is an environment that has to be put in order, not a guard that refused: what it
 * said decides the hint. `unavailable` unless the server itself was too slow or the configuration names what is not there.
 */
export function connectFailure(cause: unknown, location: ClusterLocation): Failure {
  const { host, port, user } = location;
  const failure = queryFailure(cause, `cannot connect to ${host}:${port} as ${user}`);
  const { reason, message } = failure;
  const turnedAway = wasTurnedAway(failure);
  return new Failure(turnedAway ? 'unavailable' : reason, message, {
    hint: hintFor(failure, location),
    retryable: !turnedAway && failure.retryable,
    cause,
  });
}

/** Whether a server answered and did not let us in: that is an answer, and never to be taken for the silence of a dead one. */
export function wasTurnedAway(failure: unknown): boolean {
  return /^(28|42501)/.test(sqlState(failure) ?? '');
}

function hintFor(failure: Failure, { host, port, user, database, passfile }: ClusterLocation): string {
  const { message, reason } = failure;
  const psql = `\`psql -h ${host} -p ${port} -U ${user} ${database}\``;
  if (/no pg_hba.conf entry/.test(message))
    return `Let ${user} in with a line in the server’s pg_hba.conf, then \`select pg_reload_conf()\`; ${psql} tries it.`;
  if (/role .* (does not exist|is not permitted to log in)/.test(message))
    return `Correct \`user\` of this environment, or make the role: \`create role "${user}" login\`; ${psql} tries it.`;
  if (sqlState(failure) === '28P01' || /password/.test(message))
    return `Correct the line for ${user} at ${host}:${port} in ${passfile ?? 'a passfile of this location'}; ${psql} tries it.`;
  if (reason === 'unavailable')
    return `See whether the server runs and listens there: \`pg_isready -h ${host} -p ${port}\`.`;
  return `Try it by hand, with the server’s log beside it: ${psql}.`;
}
