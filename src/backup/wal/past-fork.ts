import { chown, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { compareLsn, type ClusterLocation, type Lsn } from '../../postgres/index.js';
import { currentTimeline } from './current-timeline.js';
import { parseSegmentName, segmentOf } from './wal-segments.js';

/**
 * Where the server's history left the timeline that was received: what it answers when pg_receivewal wants to go on after that
 * place. Null for every other refusal. Only the two places are read, because a server may speak any language.
 */
export async function forkPassed(logFile: string): Promise<Lsn | null> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).split('\n');
  const at = lines.findLastIndex((line) => line.includes('"START_REPLICATION"'));
  const place = (line = '') => /\b([0-9A-F]{1,8}\/[0-9A-F]{1,8})\b/.exec(line)?.[1];
  const [wanted, fork] = [place(lines[at]), place(lines[at + 1])];
  if (at < 0 || wanted === undefined || fork === undefined) return null;
  return compareLsn(fork, wanted) < 0 ? fork : null;
}

/**
 * A primary that was restored to a point before the end of what was received has a history of its own from there on. The log of
 * the one that was given up is kept, in a folder beside, and the stream goes on from the fork. Gives that folder; null when
 * nothing was in the way.
 */
export async function putAsidePastFork(
  location: ClusterLocation,
  directory: string,
  fork: Lsn,
): Promise<string | null> {
  const { timeline, segmentBytes: bytes } = await currentTimeline(location);
  if (timeline === null) return null;
  const first = segmentOf(fork, bytes);
  const past = (await readdir(directory)).filter((name) => {
    const segment = parseSegmentName(name.replace(/\.partial$/, ''), bytes);
    return segment !== null && segment.timeline < timeline && segment.number >= first;
  });
  if (past.length === 0) return null;
  const aside = join(directory, `given-up-at-${fork.replace('/', '-')}-before-timeline-${timeline}`);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  if (location.account) await chown(aside, location.account.uid, location.account.gid);
  for (const name of past) await rename(join(directory, name), join(aside, name));
  return aside;
}
