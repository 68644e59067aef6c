import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/index.js';
import { textColumn } from './column.js';
import { sqlState } from './query-failure.js';
import type { Session } from './session.js';
import { isSessionSql, parseSessionId, sessionIdSql, sessionIdValues } from './slowness/session-id.js';

/** By what a statement is ended on the server. */
export interface StatementStop {
  readonly signal: AbortSignal;
  /** A second session of a role that may cancel the first one's statements. */
  readonly connect: () => Promise<Session>;
}

const giveUpMs = 10_000;
const pauseMs = 100;

/**
 * Runs one statement. When the signal comes it is cancelled on the server, over a second session: cutting the connection would leave a
 * VACUUM FULL there, and its lock with it. Rejects with `cancelled` once it is over; after 10 s without effect the connection is cut all
 * the same, and the message says so.
 */
export async function runStoppable(session: Session, sql: string, stop?: StatementStop): Promise<void> {
  if (stop === undefined) {
    await session.query(sql);
    return;
  }
  const { signal } = stop;
  const wanted = () => !signal.aborted;
  const [row] = await session.query(
    `select ${sessionIdSql} as id from pg_stat_activity a where a.pid = pg_backend_pid()`,
  );
  const running = { id: textColumn(row, 'id'), over: false, cut: false };
  if (!wanted()) throw new Failure('cancelled', `"${sql}" was not begun: cancelled`);
  const cancelling: Promise<void>[] = [];
  const cancel = () => void cancelling.push(cancelUntilOver(session, running, stop));
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await session.query(sql);
  } catch (failure) {
    if (wanted()) throw failure;
    // Cancelled is what the server says was cancelled (57014). A connection that broke meanwhile says nothing about the statement.
    const state = sqlState(failure);
    if (state !== null && state !== '57014') throw failure;
    const how = state === null ? 'could not be ended: it may still run on the server' : 'was cancelled';
    throw new Failure('cancelled', `"${sql}" ${how}`, { cause: failure });
  } finally {
    running.over = true;
    signal.removeEventListener('abort', cancel);
    await Promise.all(cancelling);
  }
}

interface Running {
  readonly id: string;
  over: boolean;
  cut: boolean;
}

/** Again and again: the first one may come before the statement has begun. Compares who it is, and that it works, as it cancels. */
async function cancelUntilOver(
  session: Session,
  running: Running,
  { connect }: StatementStop,
): Promise<void> {
  const deadline = performance.now() + giveUpMs;
  let second: Session | null = null;
  while (!running.over && !running.cut) {
    try {
      second ??= await connect();
      await second.query(
        `select pg_cancel_backend(a.pid) from pg_stat_activity a where ${isSessionSql} and a.state = 'active'`,
        sessionIdValues(parseSessionId(running.id)),
      );
    } catch {
      // No slot is free, or the server is going down: the next attempt may get through.
      await second?.end();
      second = null;
    }
    if (performance.now() > deadline) {
      running.cut = true;
      await session.end();
    }
    await delay(pauseMs);
  }
  await second?.end();
}
