import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { connectTo, textColumn, type ClusterLocation, type Session } from '../../postgres/index.js';

/** A standby that stands still. */
export interface PausedReplay {
  /** Everything before this place has been replayed there, and nothing after it. */
  readonly lsn: string;
  /** Lets it go on, and says whether it stood still all the while. Safe to call twice. */
  resume(): Promise<{ readonly heldStill: boolean }>;
}

/** Two engines must not pause the same standby: one would let it go on under the other. */
const lock = '7379819866210492780';
const pauseWithinMs = 15_000;

/**
 * Pauses a standby's replay. It goes on whatever becomes of this process: a second session tries, inside the standby, for a lock
 * that the first one holds, and resumes when it has it. The server gives the lock up when the first session ends, be it
 * closed, killed with the engine, silent on the network for 20 s, or idle for longer than `maxPauseMs`. Rejects with `unavailable`
 * when it is paused already, by whomever: nobody else's pause is ever ended.
 */
export async function pauseReplay(
  standby: ClusterLocation,
  options: { readonly maxPauseMs?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<PausedReplay> {
  const holder = await connectTo(standby, { applicationName: 'firedrill pause' });
  const guard = await connectTo(standby, { applicationName: 'firedrill resume' }).catch(
    async (failure: unknown) => {
      await holder.end();
      throw failure;
    },
  );
  const end = async () => {
    await holder.end();
    await guard.end();
  };
  try {
    await takeLock(holder, options.maxPauseMs ?? 30 * 60_000);
    const resumed = await resumeWhenFree(holder, guard);
    let done: Promise<{ heldStill: boolean }> | null = null;
    const resumeAt = async (lsn: string | null) =>
      (done ??= letGo(standby, { holder, resumed, lsn }).finally(end));
    try {
      const lsn = await pause(holder, options.signal);
      return { lsn, resume: async () => resumeAt(lsn) };
    } catch (failure) {
      await resumeAt(null);
      throw failure;
    }
  } catch (failure) {
    await end();
    throw failure;
  }
}

/**
 * Held by a session that idles outside any transaction: a replay that meets a conflict waits for the end of whatever transaction
 * had a snapshot at that moment, and would not come to the point where it can pause.
 */
async function takeLock(holder: Session, maxPauseMs: number): Promise<void> {
  const state = await pauseState(holder);
  if (state !== 'not paused') {
    throw new Failure('unavailable', `the replay of the standby is already ${state}`, {
      hint: 'If nobody wants that any more, let it go on with `select pg_wal_replay_resume()` there.',
    });
  }
  await holder.query(
    `set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
     set idle_session_timeout = ${maxPauseMs}`,
  );
  const [row] = await holder.query(`select pg_try_advisory_lock(${lock}) as taken`);
  if (row?.['taken'] !== true)
    throw new Failure('unavailable', 'another backup is just now pausing the standby');
}

/**
 * Returns once the server tries for the lock on our behalf; what it returns settles when it has resumed. It tries again and again
 * instead of waiting in one statement, because a statement's snapshot would hold up the very replay that is to be paused.
 */
async function resumeWhenFree(
  holder: Session,
  guard: Session,
): Promise<{ readonly settled: Promise<boolean> }> {
  const [row] = await guard.query(
    // It must outlive its client.
    `select set_config(name, '0', false) from pg_settings where name = 'client_connection_check_interval';
     select pg_backend_pid() as pid`,
  );
  const guarding = { ended: false };
  const settled = guard
    .query(
      `do $$ begin
         while not pg_try_advisory_xact_lock(${lock}) loop commit; perform pg_sleep(0.05); end loop;
         perform pg_wal_replay_resume();
       end $$`,
    )
    .then(
      () => true,
      () => false,
    )
    .finally(() => (guarding.ended = true));
  for (;;) {
    const [tries] = await holder.query(
      `select coalesce(wait_event, '') = 'PgSleep' as yes from pg_stat_activity where pid = $1`,
      [row?.['pid'] ?? null],
    );
    if (tries?.['yes'] === true) return { settled };
    if (guarding.ended || tries === undefined)
      throw new Failure('unavailable', 'the session that was to resume the standby ended');
    await delay(5);
  }
}

async function pause(holder: Session, signal: AbortSignal | undefined): Promise<string> {
  await holder.query('select pg_wal_replay_pause()');
  const deadline = performance.now() + pauseWithinMs;
  while ((await pauseState(holder)) !== 'paused') {
    if (signal?.aborted === true) throw new Failure('cancelled', 'pausing the standby was cancelled');
    if (performance.now() > deadline)
      throw new Failure('timeout', `the standby did not pause its replay within ${pauseWithinMs / 1000} s`);
    await delay(5);
  }
  return replayedTo(holder);
}

async function letGo(
  standby: ClusterLocation,
  paused: {
    readonly holder: Session;
    readonly resumed: { readonly settled: Promise<boolean> };
    readonly lsn: string | null;
  },
): Promise<{ heldStill: boolean }> {
  const { holder, resumed, lsn } = paused;
  const heldStill = await stillThere(holder, lsn).catch(() => false);
  await holder.end();
  if (await resumed.settled) return { heldStill };
  // Somebody ended the session that was to do it, or the standby is no standby any more.
  const session = await connectTo(standby, { applicationName: 'firedrill resume' });
  try {
    await session.query('select pg_wal_replay_resume() where pg_is_in_recovery()');
  } finally {
    await session.end();
  }
  return { heldStill: false };
}

async function stillThere(holder: Session, lsn: string | null): Promise<boolean> {
  return (await pauseState(holder)) === 'paused' && (await replayedTo(holder)) === lsn;
}

async function pauseState(session: Session): Promise<string> {
  const [row] = await session.query('select pg_get_wal_replay_pause_state() as state');
  return textColumn(row, 'state');
}

async function replayedTo(session: Session): Promise<string> {
  const [row] = await session.query('select pg_last_wal_replay_lsn()::text as lsn');
  return textColumn(row, 'lsn');
}
