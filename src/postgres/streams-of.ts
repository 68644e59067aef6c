import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { textColumn, textOrNull } from './column.js';
import { connectTo } from './connect.js';

/** Somebody who streams a server's log, as the server sees it. */
export interface LogStream {
  readonly name: string;
  /** What it has confirmed, and what there was; null when it has confirmed nothing. */
  readonly confirmed: string | null;
  readonly written: string;
  readonly behind: boolean;
  /** Since its last answer, seconds; null: it never answered. */
  readonly silentS: number | null;
  /** After how much silence the server gives it up, as it is set, e.g. `1min`. */
  readonly giveUpAfter: string;
}

/** Null where the server does not answer. */
export async function streamsOf(location: ClusterLocation): Promise<readonly LogStream[] | null> {
  try {
    const session = await connectTo(location, {
      applicationName: 'firedrill streams',
      statementTimeoutMs: 3000,
      connectTimeoutMs: 3000,
      readOnly: true,
    });
    try {
      const rows = await session.query(
        `select application_name as name, flush_lsn::text as confirmed, pg_current_wal_flush_lsn()::text as written,
                coalesce(flush_lsn < pg_current_wal_flush_lsn(), true) as behind,
                round(extract(epoch from clock_timestamp() - reply_time))::int8 as silent,
                current_setting('wal_sender_timeout') as patience
           from pg_stat_replication where not pg_is_in_recovery() order by application_name`,
      );
      return rows.map((row) => ({
        name: textColumn(row, 'name'),
        confirmed: textOrNull(row, 'confirmed'),
        written: textColumn(row, 'written'),
        behind: row['behind'] === true,
        silentS: typeof row['silent'] === 'number' ? row['silent'] : null,
        giveUpAfter: textColumn(row, 'patience'),
      }));
    } finally {
      await session.end();
    }
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/**
 * What a stop that takes its time waits for, a line each: a server goes only when everybody who streams its log has all of it, or has
 * been silent for `wal_sender_timeout` (high-availability.sgml; walsender.c, WalSndWaitStopping and WalSndDone).
 */
export function waitsFor(streams: readonly LogStream[] | null): string[] {
  if (streams === null) return ['still stopping; whom the server waits for could not be asked'];
  const behind = streams.filter((one) => one.behind);
  if (behind.length === 0) return ['still stopping: the server finishes its sessions and its checkpoint'];
  return behind.map(
    ({ name, confirmed, written, silentS, giveUpAfter }) =>
      `still stopping: the server waits for ${name}, which ${confirmed === null ? 'has confirmed nothing' : `has confirmed ${confirmed}`} of ${written}` +
      `${silentS === null ? '' : ` and was silent for ${silentS} s`}; it is given up ${giveUpAfter === '0' ? 'never' : `after ${giveUpAfter} of silence`}`,
  );
}
