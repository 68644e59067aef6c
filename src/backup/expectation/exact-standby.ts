import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import {
  compareLsn,
  connectTo,
  textColumn,
  textOrNull,
  wasTurnedAway,
  type ClusterLocation,
  type Session,
} from '../../postgres/index.js';

/**
 * Looks, before anything is copied, whether a server can serve as the place to read an exact expectation from. Rejects with
 * `refused` when it belongs to another system and with `unavailable` when it turns us away, which are mistakes somebody has to mend;
 * gives the reason when it just cannot now.
 */
export async function standbyProblem(
  standby: ClusterLocation,
  systemIdentifier: string,
): Promise<string | null> {
  try {
    return await withSession(standby, async (session) => problemOf(session, standby, systemIdentifier));
  } catch (failure) {
    // One that refuses our password is a mistake of the configuration: nobody would notice it behind a partial expectation.
    if (failure instanceof Failure && failure.reason === 'unavailable' && !wasTurnedAway(failure))
      return failure.message;
    throw failure;
  }
}

async function problemOf(
  session: Session,
  standby: ClusterLocation,
  systemIdentifier: string,
): Promise<string | null> {
  const [row] = await session.query(
    `select (select system_identifier::text from pg_control_system()) as system, pg_is_in_recovery() as recovering,
            to_regproc('pg_get_wal_replay_pause_state') is not null as pausable,
            (select setting::int8 from pg_settings where name = 'recovery_min_apply_delay') as delay`,
  );
  const where = `${standby.host}:${standby.port}`;
  const system = textColumn(row, 'system');
  if (system !== systemIdentifier) {
    throw new Failure(
      'refused',
      `${where} is no standby of this primary: its system is ${system}, not ${systemIdentifier}`,
      {
        hint: 'Name a standby of the server that is backed up, or none.',
      },
    );
  }
  if (row?.['recovering'] !== true) return `${where} is no standby, it takes writes`;
  if (row['pausable'] !== true)
    return `${where} cannot say whether its replay is paused (PostgreSQL 14 and later can)`;
  if (row['delay'] !== 0)
    return `${where} is kept behind on purpose, by ${textOrNull(row, 'delay') ?? '?'} ms`;
  return null;
}

/** Waits until the standby has replayed past a place, on the timeline of the primary. Rejects with `timeout` or `unavailable`. */
export async function waitForReplay(
  standby: ClusterLocation,
  target: { readonly lsn: string; readonly timeline: number; readonly withinMs: number },
  signal?: AbortSignal,
): Promise<void> {
  const { lsn, timeline, withinMs } = target;
  const deadline = performance.now() + withinMs;
  await withSession(standby, async (session) => {
    for (;;) {
      const [row] = await session.query(
        `select pg_last_wal_replay_lsn()::text as lsn,
                coalesce((select received_tli from pg_stat_wal_receiver where status = 'streaming'),
                         (select greatest(c.timeline_id, r.min_recovery_end_timeline) from pg_control_checkpoint() c, pg_control_recovery() r)) as timeline`,
      );
      const replayed = textOrNull(row, 'lsn');
      const arrived = replayed !== null && compareLsn(replayed, lsn) >= 0;
      if (arrived && row?.['timeline'] === timeline) return;
      if (signal?.aborted === true) throw new Failure('cancelled', 'waiting for the standby was cancelled');
      if (performance.now() > deadline) {
        const at = `${replayed ?? 'nothing'} on timeline ${textOrNull(row, 'timeline') ?? '?'}`;
        throw new Failure(
          'timeout',
          `the standby ${standby.host}:${standby.port} did not get to ${lsn} on timeline ${timeline} within ${withinMs / 1000} s, it is at ${at}`,
        );
      }
      await delay(10);
    }
  });
}

async function withSession<T>(standby: ClusterLocation, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await connectTo(standby, { applicationName: 'firedrill standby', readOnly: true });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
