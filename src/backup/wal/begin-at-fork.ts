import { chown, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { currentTimeline } from './current-timeline.js';
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
  const { timeline, segmentBytes: bytes } = await currentTimeline(location);
  const segments = (await readdir(directory)).flatMap((name) => parseSegmentName(name, bytes) ?? []);
  const newest = segments.reduce((most, one) => (one.number > most ? one.number : most), -1n);
  if (timeline === null || newest < 0n || segments.some((one) => one.timeline >= timeline)) return false;
  const due = segmentName({ timeline, number: newest + 1n }, bytes);
  const path = join(directory, `${due}.partial`);
  const file = await open(path, 'wx', 0o600);
  await file.close();
  if (location.account) await chown(path, location.account.uid, location.account.gid);
  return true;
}
