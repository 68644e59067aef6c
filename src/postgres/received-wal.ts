import { setTimeout as delay } from 'node:timers/promises';
import { textColumn } from './column.js';
import { compareLsn, type Lsn } from './lsn.js';
import type { Session } from './session.js';

/** Where a server's log is now, and how it is cut into files. */
export interface LogPlace {
  readonly timeline: number;
  readonly segmentBytes: number;
  /** Everything before it is on disk, and, where a receiver's slot was named, with the receiver. */
  readonly to: Lsn;
  /** False when the receiver had not come so far in time. */
  readonly received: boolean;
}

/** How far the log went when asked; waits a little for disk and receiver. Writes nothing. */
export async function logPlace(session: Session, slot: string, patienceMs = 5000): Promise<LogPlace> {
  const [row] = await session.query(
    `select pg_current_wal_insert_lsn()::text as written, left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline,
        (select setting from pg_settings where name = 'wal_segment_size') as segment`,
  );
  const written = textColumn(row, 'written');
  const timeline = Number.parseInt(textColumn(row, 'timeline'), 16);
  const segmentBytes = Number(textColumn(row, 'segment'));
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const [now] = await session.query(
      `select pg_current_wal_flush_lsn()::text as flushed,
          coalesce((select restart_lsn::text from pg_replication_slots where slot_name = $1), '0/0') as received`,
      [slot],
    );
    const [flushed, received] = [textColumn(now, 'flushed'), textColumn(now, 'received')];
    const arrived = compareLsn(received, written) >= 0;
    if (arrived && compareLsn(flushed, written) >= 0)
      return { timeline, segmentBytes, to: written, received: true };
    if (performance.now() > deadline) {
      const to = compareLsn(flushed, written) < 0 ? flushed : written;
      return { timeline, segmentBytes, to, received: compareLsn(received, to) >= 0 };
    }
    await delay(50);
  }
}
