import { readdir } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import {
  compareLsn,
  endWalReceiver,
  formatLsn,
  logBeyond,
  quoteLiteral,
  textOrNull,
  withSession,
  type ClusterLocation,
  type LogBeyond,
  type Lsn,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import { shellQuote } from './restore-command.js';
import { isReplaying, untilReplayed } from './until-replayed.js';
import { highestSegment, newestPath } from './wal-continuity.js';

export interface FeedRequest {
  readonly tools: PostgresTools;
  readonly standby: ClusterLocation;
  /** Where a receiver has put the log of the primary that the standby follows. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** What a standby lacks, and whether its way to the received log is open still, as an engine that was killed leaves it. */
export interface Lacking extends LogBeyond {
  readonly wayOpen: boolean;
}

const nothing: LogBeyond = { commits: 0, lastLsn: null, lastAt: null };
const patienceMs = 60_000;
/** What a standby that follows has not replayed yet it replays in less. */
const followingMs = 3000;
const mark = '# firedrill: until the received log is replayed';

/**
 * What the received log holds that a standby has not, and does not come to replay by itself. Rejects with `refused` for a server that is no
 * standby or does not replay, with `unavailable` or `check` where the log cannot be read or does not lead on from where the standby is.
 */
export async function lackingInStandby(request: FeedRequest): Promise<Lacking> {
  const options = { applicationName: 'firedrill wal', readOnly: true };
  return withSession(request.standby, options, async (session) => ({
    ...(await lacking(request, session)),
    wayOpen: (await commandOf(session)).includes(mark),
  }));
}

/**
 * Lets a standby replay what a receiver has and its own stream never brought: its log is its primary's own, so it can follow that one
 * afterwards as before. Resolves to what it lacked. Rejects as `lackingInStandby` does, with `refused` for one that fetches its log by
 * a `restore_command` of its own, with `timeout` when it does not come on for a minute.
 */
export async function feedStandby(request: FeedRequest): Promise<LogBeyond> {
  const { standby, directory, signal } = request;
  return withSession(standby, { applicationName: 'firedrill wal' }, async (session) => {
    await requireNoOther(session);
    // Left by an engine that was killed while it did this.
    await takeBack(session, standby);
    const lacks = await lacking(request, session);
    const last = lacks.lastLsn;
    if (last === null) return lacks;
    try {
      await feed(session, standby, directory, last, signal);
    } catch (failure) {
      // Why it was not fed says more than that it cannot be asked any more.
      await takeBack(session, standby).catch(() => undefined);
      throw failure;
    }
    await takeBack(session, standby);
    return lacks;
  });
}

async function feed(
  session: Session,
  standby: ClusterLocation,
  directory: string,
  last: Lsn,
  signal: AbortSignal,
): Promise<void> {
  await session.query(`alter system set restore_command = ${quoteLiteral(feedCommand(directory))}`);
  await session.query('select pg_reload_conf()');
  await untilReplayed(session, standby, { past: last, patienceMs, signal }, async () => {
    // A stream that hangs, or never comes about, would be waited for before anybody looks for the log elsewhere. While it is being
    // made `pg_stat_wal_receiver` does not show it.
    const [stream] = await session.query(
      `select pid from pg_stat_activity where backend_type = 'walreceiver'`,
    );
    if (stream !== undefined) await endWalReceiver(standby, Number(stream['pid']));
  });
}

/**
 * Never ends with more than 1: a running standby would take that for fatal, shut down, and not start again. A whole segment first; one
 * that is being received is whole in size, and empty after its last record.
 */
export function feedCommand(directory: string): string {
  const file = `${shellQuote(directory).replaceAll('%', '%%')}/%f`;
  return `{ cp -- ${file} "%p" || cp -- ${file}.partial "%p"; } && chmod u+w "%p" || exit 1 ${mark}`;
}

async function takeBack(session: Session, { dataDirectory }: ClusterLocation): Promise<void> {
  if (!(await commandOf(session)).includes(mark)) return;
  try {
    await session.query('alter system reset restore_command');
    await session.query('select pg_reload_conf()');
  } catch (cause) {
    throw new Failure('unavailable', `the standby’s restore_command could not be taken back`, {
      cause,
      hint: `Remove its line from ${dataDirectory}/postgresql.auto.conf, then reload.`,
    });
  }
}

/** Its own would be lost by ours, and whoever has one gets the log by it. */
async function requireNoOther(session: Session): Promise<void> {
  const command = await commandOf(session);
  if (command === '' || command.includes(mark)) return;
  throw new Failure('refused', `the standby fetches its log by a restore_command of its own: ${command}`, {
    hint: 'See in its server log why that does not bring it on.',
  });
}

/** As the configuration has it, which is what a reload would make of it. */
async function commandOf(session: Session): Promise<string> {
  const [row] = await session.query(
    `select coalesce((select setting from pg_file_settings where name = 'restore_command' and applied order by seqno desc limit 1),
                     current_setting('restore_command')) as command`,
  );
  return textOrNull(row, 'command') ?? '';
}

async function lacking(request: FeedRequest, session: Session): Promise<LogBeyond> {
  const { tools, standby, directory, signal } = request;
  const { timeline, segmentBytes, receivedTo } = await placeOf(session, standby);
  // What it has received and not replayed it has: fetched again, less of it might be there.
  if (receivedTo !== null) await untilReplayed(session, standby, { upTo: receivedTo, patienceMs, signal });
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new Failure('unavailable', `cannot read the WAL folder ${directory}`, { cause });
  });
  const newest = (await newestPath(directory, names, timeline)).at(-1)?.timeline ?? timeline;
  if (newest !== timeline)
    throw new Failure(
      'unavailable',
      `the received log goes on with timeline ${newest}; the standby is on ${timeline}`,
      { hint: 'It was not made for the primary of that timeline: make the standby anew.', retryable: false },
    );
  const last = highestSegment(names, new Set([timeline]), segmentBytes);
  if (last === null) return nothing;
  const to = formatLsn((last + 1n) * BigInt(segmentBytes));
  const from = (await placeOf(session, standby)).replayedTo;
  if (compareLsn(to, from) <= 0) return nothing;
  const found = await logBeyond({ tools, places: [directory], timeline, segmentBytes, from, to, signal });
  if (found.lastLsn === null || (await isReplaying(session, found.lastLsn, followingMs, signal)))
    return nothing;
  return found;
}

interface Place {
  readonly replayedTo: Lsn;
  readonly receivedTo: Lsn | null;
  readonly timeline: number;
  readonly segmentBytes: number;
}

async function placeOf(session: Session, { host, port }: ClusterLocation): Promise<Place> {
  // Until its first checkpoint here a standby's control file names the timeline of before a switch as that of its checkpoint.
  const [row] = await session.query(
    `select pg_is_wal_replay_paused() as paused,
            pg_last_wal_replay_lsn()::text as replayed, pg_last_wal_receive_lsn()::text as received,
            (select greatest(timeline_id, (select min_recovery_end_timeline from pg_control_recovery()))
               from pg_control_checkpoint()) as timeline,
            (select setting from pg_settings where name = 'wal_segment_size') as segment
      where pg_is_in_recovery()`,
  );
  const replayedTo = textOrNull(row, 'replayed');
  if (row === undefined || replayedTo === null)
    throw new Failure('refused', `${host}:${port} is no standby: it takes writes already`);
  if (row['paused'] === true)
    throw new Failure('refused', `the standby ${host}:${port} does not replay: somebody has paused it`, {
      hint: 'Find out why, then let it go on: `select pg_wal_replay_resume()`.',
    });
  return {
    replayedTo,
    receivedTo: textOrNull(row, 'received'),
    timeline: Number(row['timeline']),
    segmentBytes: Number(row['segment']),
  };
}
