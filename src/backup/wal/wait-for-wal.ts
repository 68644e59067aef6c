import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { compareLsn, type Session } from '../../postgres/index.js';
import { walContinuity, type WalRequest } from './wal-continuity.js';

const waitMs = 60_000;

/** Completes the segment under way and waits until the WAL of a backup lies in the receiver's folder as complete segments. */
export async function waitForWal(
  session: Session,
  request: WalRequest & { readonly toLsn: string },
  signal?: AbortSignal,
): Promise<void> {
  await session.query('select pg_switch_wal()');
  const { toLsn, ...unlimited } = request;
  const deadline = performance.now() + waitMs;
  for (;;) {
    const wal = await walContinuity(unlimited);
    if (wal.unbroken && compareLsn(wal.completeUntil, toLsn) > 0) return;
    if (signal?.aborted === true)
      throw new Failure('cancelled', 'waiting for the backup’s WAL was cancelled');
    if (performance.now() > deadline) {
      const why = wal.problem ?? `it is complete up to ${wal.completeUntil} only`;
      throw new Failure('check', `the WAL up to ${toLsn} has not arrived in ${request.directory}: ${why}`, {
        hint: 'Start the WAL receiver and take the backup again; a set without its WAL cannot be restored.',
      });
    }
    await delay(25);
  }
}
