import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import {
  compareLsn,
  textOrNull,
  type ClusterLocation,
  type Lsn,
  type Session,
} from '../../postgres/index.js';

export interface Goal {
  /** A record begins there: it is replayed when the replay has come further. */
  readonly past?: Lsn;
  /** The end of what is to be replayed. */
  readonly upTo?: Lsn;
  /** How long it may stand still. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** Waits while a standby replays; `meanwhile` is done at each look. Rejects with `timeout` when it stands still for too long. */
export async function untilReplayed(
  session: Session,
  { host, port }: ClusterLocation,
  goal: Goal,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { past, upTo, patienceMs, signal } = goal;
  let [before, since] = [await replayed(session), performance.now()];
  for (;;) {
    const now = await replayed(session);
    if ((past === undefined || isPast(now, past)) && (upTo === undefined || !isPast(upTo, now))) return;
    if (isPast(now, before)) [before, since] = [now, performance.now()];
    if (performance.now() - since > patienceMs)
      throw new Failure(
        'timeout',
        `the standby ${host}:${port} does not come on: it has replayed up to ${now}, and there is log up to ${past ?? upTo ?? now}`,
        {
          hint: 'Its server log says what it waits for: a long query, `recovery_min_apply_delay`, or log that it cannot read. What it has replayed stays.',
        },
      );
    await meanwhile();
    await rest(signal);
  }
}

/** Whether it passes that record by itself within so long. */
export async function isReplaying(
  session: Session,
  past: Lsn,
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; ;) {
    if (isPast(await replayed(session), past)) return true;
    if (performance.now() > deadline) return false;
    await rest(signal);
  }
}

async function replayed(session: Session): Promise<Lsn> {
  const [row] = await session.query('select pg_last_wal_replay_lsn()::text as replayed');
  return textOrNull(row, 'replayed') ?? '0/0';
}

const isPast = (one: Lsn, other: Lsn): boolean => compareLsn(one, other) > 0;

async function rest(signal: AbortSignal): Promise<void> {
  await delay(100, undefined, { signal }).catch(() => {
    throw new Failure('cancelled', 'waiting for the standby was cancelled');
  });
}
