import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { compareLsn, connectTo, textOrNull, type ClusterLocation } from '../../postgres/index.js';

/** How far the stream of WAL to the second place has come, as the server's slot for it says. */
export interface WalReach {
  readonly reach: 'complete' | 'incomplete' | 'not-known';
  /** For people: what a restore to the latest would bring back, and what not. */
  readonly said: string;
}

/**
 * Compares what the server had written when asked with what the receiver has confirmed since; gives it `patienceMs` to catch up.
 * A segment that is still being received has its full size on disk from the start: its file says nothing about how far it goes.
 */
export async function walReach(
  location: ClusterLocation,
  slot: string,
  patienceMs = 5000,
): Promise<WalReach> {
  try {
    const session = await connectTo(location, {
      applicationName: 'firedrill wal',
      connectTimeoutMs: 3000,
      readOnly: true,
    });
    try {
      const ask = async () => {
        const [row] = await session.query(
          `select pg_current_wal_flush_lsn()::text as written,
                  (select restart_lsn::text from pg_replication_slots where slot_name = $1) as received`,
          [slot],
        );
        return { written: textOrNull(row, 'written'), received: textOrNull(row, 'received') };
      };
      const { written } = await ask();
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const { received } = await ask();
        if (written === null) return unknown('the server does not say how far it has written');
        if (received !== null && compareLsn(received, written) >= 0)
          return {
            reach: 'complete',
            said: `every commit that the server had written when asked (log position ${written})`,
          };
        if (performance.now() < deadline) {
          await delay(100);
          continue;
        }
        const upTo = received === null ? 'nothing receives its WAL' : `received only up to ${received}`;
        return { reach: 'incomplete', said: `NOT every commit: the server is at ${written}, ${upTo}` };
      }
    } finally {
      await session.end();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unknown('the server does not answer');
  }
}

function unknown(why: string): WalReach {
  return { reach: 'not-known', said: `not known how far: ${why}` };
}
