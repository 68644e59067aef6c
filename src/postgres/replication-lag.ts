import { textColumn, textOrNull } from './column.js';
import type { Session } from './session.js';

/** One receiver of a server's log, as the server sees it. */
export interface Receiver {
  readonly name: string;
  readonly state: string;
  /** `async`, `sync`, `quorum` or `potential`. */
  readonly sync: string;
  /** What the server has written and this one has not confirmed, in bytes; null when it has confirmed nothing yet. */
  readonly behindBytes: number | null;
}

export interface ReplicationLag {
  /** Whether a commit waits for a standby before it is acknowledged, and which settings say so. */
  readonly synchronous: boolean;
  readonly said: string;
  readonly receivers: readonly Receiver[];
}

/** How far everybody who streams from this primary is behind it. */
export async function replicationLag(session: Session): Promise<ReplicationLag> {
  const [settings] = await session.query(
    `select current_setting('synchronous_standby_names') as names, current_setting('synchronous_commit') as commits`,
  );
  const rows = await session.query(
    `select application_name as name, state, sync_state as sync,
            greatest(0, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn))::int8 as behind
       from pg_stat_replication order by application_name`,
  );
  const [names, commits] = [textColumn(settings, 'names'), textColumn(settings, 'commits')];
  const synchronous = names !== '' && !['off', 'local'].includes(commits);
  const said = synchronous
    ? `synchronous: a commit waits for ${names} (synchronous_commit = ${commits})`
    : `asynchronous: a commit is acknowledged before a standby has it (synchronous_standby_names is ${names === '' ? 'empty' : names}, synchronous_commit = ${commits})`;
  return {
    synchronous,
    said,
    receivers: rows.map((row) => ({
      name: textColumn(row, 'name'),
      state: textOrNull(row, 'state') ?? 'unknown',
      sync: textOrNull(row, 'sync') ?? 'unknown',
      behindBytes: typeof row['behind'] === 'number' ? row['behind'] : null,
    })),
  };
}

export interface StandbyReach {
  readonly isStandby: boolean;
  readonly receivedTo: string | null;
  readonly replayedTo: string | null;
  /** Of the last commit that it has replayed, by the clock of the primary; null: none yet. */
  readonly lastCommitAt: string | null;
  readonly lastCommitAgoMs: number | null;
}

/** What a standby has, asked of itself: after its primary was lost there is nobody else to ask. */
export async function standbyReach(session: Session): Promise<StandbyReach> {
  const [row] = await session.query(
    `select pg_is_in_recovery() as standby, pg_last_wal_receive_lsn()::text as received,
            pg_last_wal_replay_lsn()::text as replayed,
            to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as committed,
            round(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::int8 as ago`,
  );
  const ago = row?.['ago'];
  return {
    isStandby: row?.['standby'] === true,
    receivedTo: textOrNull(row, 'received'),
    replayedTo: textOrNull(row, 'replayed'),
    lastCommitAt: textOrNull(row, 'committed'),
    lastCommitAgoMs: typeof ago === 'number' ? ago : null,
  };
}
