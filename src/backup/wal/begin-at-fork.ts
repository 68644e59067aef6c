import { chown, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { connectTo, textColumn, type ClusterLocation } from '../../postgres/index.js';
import { parseSegmentName, segmentName } from './wal-segments.js';

/**
 * pg_receivewal goes on after the newest complete segment. When a new primary's timeline forked at that very place the server
 * has nothing to send on the old one and says so in a way that pg_receivewal takes for an error, without words.
 */
export function isForkRefusal(failure: unknown): boolean {
  return failure instanceof Failure && /"START_REPLICATION":\s*$/.test(failure.message);
}

/**
 * Puts an empty partial segment of the server's timeline where the next one is due: from there pg_receivewal then goes on.
 * False when there is nothing to go on from.
 */
export async function beginAtFork(location: ClusterLocation, directory: string): Promise<boolean> {
  const session = await connectTo(location, { applicationName: 'firedrill timeline', readOnly: true });
  const [row] = await session
    .query(
      `select pg_walfile_name(pg_current_wal_insert_lsn()) as segment,
              (select setting from pg_settings where name = 'wal_segment_size') as bytes`,
    )
    .finally(() => session.end());
  const bytes = Number(textColumn(row, 'bytes'));
  const now = parseSegmentName(textColumn(row, 'segment'), bytes);
  const segments = (await readdir(directory)).flatMap((name) => parseSegmentName(name, bytes) ?? []);
  const newest = segments.reduce((most, one) => (one.number > most ? one.number : most), -1n);
  if (now === null || newest < 0n || segments.some((one) => one.timeline >= now.timeline)) return false;
  const due = segmentName({ timeline: now.timeline, number: newest + 1n }, bytes);
  const path = join(directory, `${due}.partial`);
  const file = await open(path, 'wx', 0o600);
  await file.close();
  if (location.account) await chown(path, location.account.uid, location.account.gid);
  return true;
}
