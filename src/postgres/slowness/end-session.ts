import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import type { Row, Session } from '../session.js';
import { isSessionSql, parseSessionId, sessionIdSql, sessionIdValues } from './session-id.js';

/** Everything the server tells of one session and of the locks it holds, for the record; null when it is not there any more. */
export async function describeSession(session: Session, id: string): Promise<Row | null> {
  const [row] = await session.query(
    `select to_jsonb(a) || jsonb_build_object('id', ${sessionIdSql}, 'locks',
         (select coalesce(jsonb_agg(to_jsonb(l) || jsonb_build_object('relation_name', l.relation::regclass::text)), '[]') from pg_locks l where l.pid = a.pid)) as facts
       from pg_stat_activity a where ${isSessionSql}`,
    sessionIdValues(parseSessionId(id)),
  );
  return (row?.['facts'] as Row | undefined) ?? null;
}

/** Whether that very session (or, for the id of a query or a transaction, that very one) is over. */
export async function isOver(session: Session, id: string): Promise<boolean> {
  const rows = await session.query(
    `select 1 as one from pg_stat_activity a where ${isSessionSql}`,
    sessionIdValues(parseSessionId(id)),
  );
  return rows.length === 0;
}

/**
 * Ends one session, or cancels one query, and waits until it is over. The identity is compared in the statement that ends it, so a
 * process id that was given to somebody else meanwhile is never hit. A session that is named by its transaction is ended only where that
 * idles. Rejects with `timeout` after `timeoutMs` (10 s), `refused` when that transaction is at work, `cancelled`.
 */
export async function endSession(
  session: Session,
  id: string,
  how: 'cancel' | 'terminate',
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<'ended' | 'gone'> {
  const call = how === 'cancel' ? 'pg_cancel_backend' : 'pg_terminate_backend';
  const rows = await session.query(
    `select ${call}(a.pid) from pg_stat_activity a
      where ${isSessionSql} and ($4::text is null or a.state like 'idle in transaction%')`,
    sessionIdValues(parseSessionId(id)),
  );
  if (rows.length === 0) {
    if (await isOver(session, id)) return 'gone';
    throw new Failure('refused', `session ${id} is at work, and was not ended`, {
      hint: 'Look again: who is at work may be through soon.',
    });
  }
  const deadline = performance.now() + (options.timeoutMs ?? 10_000);
  while (!(await isOver(session, id))) {
    if (options.signal?.aborted === true)
      throw new Failure('cancelled', `ending session ${id} was cancelled`);
    if (performance.now() > deadline)
      throw new Failure('timeout', `session ${id} was told to end and is still there`, {
        hint: 'A process that does not end is often waiting for a disk; look at it with `ps -o pid,stat,wchan,cmd -p PID`.',
      });
    await delay(20);
  }
  return 'ended';
}
