import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import {
  compareLsn,
  endWalReceiver,
  formatLsn,
  logBeyond,
  parseLsn,
  quoteLiteral,
  textOrNull,
  withSession,
  type ClusterLocation,
  type LogBeyond,
  type Lsn,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import { installRestoreScript } from './restore-command.js';
import { highestSegment } from './wal-continuity.js';

export interface FeedRequest {
  readonly tools: PostgresTools;
  readonly standby: ClusterLocation;
  /** Where a receiver has put the log of the primary that the standby follows. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

interface Place {
  readonly replayedTo: Lsn;
  readonly timeline: number;
  readonly segmentBytes: number;
}

const patienceMs = 60_000;

/**
 * What the received log holds that a standby has not replayed. Rejects with `refused` for a server that is no standby, with
 * `unavailable` where the log cannot be read, or does not lead on from where the standby is.
 */
export async function lackingInStandby(request: FeedRequest): Promise<LogBeyond> {
  const { standby } = request;
  return withSession(standby, { applicationName: 'firedrill wal', readOnly: true }, async (session) =>
    beyond(request, await placeOf(session, standby)),
  );
}

/**
 * Lets a standby replay what a receiver has and its own stream never brought: its log is its primary's own, so it can follow that one
 * afterwards as before. Resolves to what it lacked. Rejects as `lackingInStandby` does, with `refused` for one that fetches its log by
 * a `restore_command` of its own, with `timeout` when it does not come on for a minute.
 */
export async function feedStandby(request: FeedRequest): Promise<LogBeyond> {
  const { standby, directory, signal } = request;
  return withSession(standby, { applicationName: 'firedrill wal' }, async (session) => {
    const place = await placeOf(session, standby);
    const script = join(standby.socketDirectory, 'feed-standby');
    await requireNoOther(session, script);
    const lacking = await beyond(request, place);
    if (lacking.lastLsn === null) return lacking;
    const command = await installRestoreScript(script, directory, place.segmentBytes, standby.account);
    try {
      await session.query(`alter system set restore_command = ${quoteLiteral(command)}`);
      await session.query('select pg_reload_conf()');
      await replayed(session, standby, lacking.lastLsn, signal);
    } finally {
      await session.query('alter system reset restore_command');
      await session.query('select pg_reload_conf()');
    }
    return lacking;
  });
}

async function placeOf(session: Session, { host, port }: ClusterLocation): Promise<Place> {
  const [row] = await session.query(
    `select pg_is_in_recovery() as standby, pg_last_wal_replay_lsn()::text as replayed,
            (select timeline_id from pg_control_checkpoint()) as timeline,
            (select setting from pg_settings where name = 'wal_segment_size') as segment`,
  );
  const replayedTo = textOrNull(row, 'replayed');
  if (row?.['standby'] !== true || replayedTo === null)
    throw new Failure('refused', `${host}:${port} is no standby: it takes writes already`);
  return { replayedTo, timeline: Number(row['timeline']), segmentBytes: Number(row['segment']) };
}

async function beyond({ tools, directory, signal }: FeedRequest, place: Place): Promise<LogBeyond> {
  const { replayedTo: from, timeline, segmentBytes } = place;
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new Failure('unavailable', `cannot read the WAL folder ${directory}`, { cause });
  });
  const last = highestSegment(names, new Set([timeline]), segmentBytes);
  const end = last === null ? null : formatLsn((last + 1n) * BigInt(segmentBytes));
  if (end === null || compareLsn(end, from) <= 0) return { commits: 0, lastLsn: null, lastAt: null };
  return logBeyond({ tools, places: [directory], timeline, segmentBytes, from, to: end, signal });
}

/** Its own would be lost by ours, and whoever has one gets the log by it. */
async function requireNoOther(session: Session, script: string): Promise<void> {
  const [row] = await session.query(`select current_setting('restore_command') as command`);
  const command = textOrNull(row, 'command') ?? '';
  if (command === '' || command.includes(script)) return;
  throw new Failure('refused', `the standby fetches its log by a restore_command of its own: ${command}`, {
    hint: 'See in its server log why that does not bring it on.',
  });
}

async function replayed(
  session: Session,
  standby: ClusterLocation,
  last: Lsn,
  signal: AbortSignal,
): Promise<void> {
  const { host, port } = standby;
  let [before, since] = [0n, performance.now()];
  for (;;) {
    await letGoOfStream(session, standby);
    const [row] = await session.query('select pg_last_wal_replay_lsn()::text as replayed');
    const now = textOrNull(row, 'replayed');
    // It is the end of what was replayed: a record that begins there was not.
    if (now !== null && compareLsn(now, last) > 0) return;
    const at = now === null ? 0n : parseLsn(now);
    if (at > before) [before, since] = [at, performance.now()];
    if (performance.now() - since > patienceMs)
      throw new Failure(
        'timeout',
        `the standby ${host}:${port} does not come on: it has replayed up to ${now ?? 'nothing'}, the received log goes on to ${last}`,
        { hint: 'Its server log says what it waits for. Whatever it has replayed stays.' },
      );
    await delay(100, undefined, { signal }).catch(() => {
      throw new Failure('cancelled', 'giving the standby the received log was cancelled');
    });
  }
}

/**
 * A stream that hangs, or never comes about, would be waited for before anybody looks for the log elsewhere. While it is being made
 * `pg_stat_wal_receiver` does not show it.
 */
async function letGoOfStream(session: Session, standby: ClusterLocation): Promise<void> {
  const [receiver] = await session.query(
    `select pid from pg_stat_activity where backend_type = 'walreceiver'`,
  );
  if (receiver !== undefined) await endWalReceiver(standby, Number(receiver['pid']));
}
