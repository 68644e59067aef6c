import { readdir } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { connectTo, textColumn, type ClusterLocation } from '../../postgres/index.js';

/**
 * The checkpoint that follows a promotion removes log that no slot held when it began, and invalidates a slot that was made
 * meanwhile (slot.c, InvalidateObsoleteReplicationSlots): a receiver would stream for a moment and then be gone. So where the server is
 * on a newer timeline than what was received, that checkpoint is waited for before the slot is made.
 */
export async function settlePromotion(location: ClusterLocation, directory: string): Promise<void> {
  const received = (await readdir(directory)).flatMap((name) => {
    const match = /^([0-9A-F]{8})[0-9A-F]{16}(\.partial)?$/.exec(name);
    return match ? [Number.parseInt(match[1] ?? '', 16)] : [];
  });
  if (received.length === 0) return;
  const session = await connectTo(location, { applicationName: 'firedrill timeline' });
  try {
    const [row] = await session.query('select pg_walfile_name(pg_current_wal_insert_lsn()) as segment');
    const timeline = Number.parseInt(textColumn(row, 'segment').slice(0, 8), 16);
    if (timeline > Math.max(...received)) await session.query('checkpoint');
  } catch (failure) {
    // Who may stream is not always one who may ask for a checkpoint; then it is as it was without this.
    if (!(failure instanceof Failure) || !/must be superuser|permission denied/.test(failure.message))
      throw failure;
  } finally {
    await session.end();
  }
}
