import { shellWords } from '../../base/index.js';
import type { ClusterLocation, PostgresTools } from '../../postgres/index.js';

export interface ReceivedLog {
  readonly directory: string;
  readonly slot: string;
}

/**
 * What to type so that the log of a server is received into a folder, on a slot that is there: as the account that reads the log in a
 * restore, under the name that `synchronous_standby_names` may wait for.
 */
export function receiverCommand(
  tools: PostgresTools,
  { host, port, user, passfile, account }: ClusterLocation,
  { directory, slot }: ReceivedLog,
): string {
  return shellWords([
    ...asAccount(account),
    ...['env', `PGAPPNAME=${slot}`, ...(passfile === null ? [] : [`PGPASSFILE=${passfile}`])],
    ...[tools.path('pg_receivewal'), '-h', host, '-p', String(port), '-U', user],
    ...['-D', directory, '-S', slot, '-w', '--synchronous'],
  ]);
}

/** The same into a folder that is to be made for it. */
export function newReceiverCommand(
  tools: PostgresTools,
  location: ClusterLocation,
  log: ReceivedLog,
): string {
  const make = shellWords([...asAccount(location.account), 'mkdir', '-m', '700', log.directory]);
  return `${make} && ${receiverCommand(tools, location, log)}`;
}

function asAccount(account: ClusterLocation['account']): string[] {
  return account === null ? [] : ['runuser', '-u', account.name, '--'];
}
