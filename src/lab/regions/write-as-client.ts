import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { connectTo, sqlState, type ClusterLocation, type Session } from '../../postgres/index.js';
import type { Lab } from '../lab.js';
import { passfileOf } from '../paths.js';
import { sampleRoles } from '../sample/index.js';
import { fencedState } from './refuse-client.js';

export type WriteOutcome = 'accepted' | 'refused' | 'no-answer';

export interface ClientWrite {
  readonly outcome: WriteOutcome;
  /** What the client was told. */
  readonly said: string;
  readonly tookMs: number;
}

/**
 * Writes one row as the application does, over a new connection, and waits for at most `timeoutMs`. The row is the writer's own
 * line of the status table. Refused is only what somebody has refused; whoever does not answer has refused nothing.
 */
export async function writeAsClient(
  lab: Lab,
  address: ClusterLocation,
  writer: string,
  timeoutMs: number,
): Promise<ClientWrite> {
  const client = { user: sampleRoles.application, passfile: passfileOf(lab.paths, 'application') };
  const startedAt = performance.now();
  const end = (outcome: WriteOutcome, said: string): ClientWrite => ({
    ...{ outcome, said },
    tookMs: Math.round(performance.now() - startedAt),
  });
  let session: Session | undefined;
  try {
    session = await connectTo(
      { ...address, ...client },
      { connectTimeoutMs: timeoutMs, statementTimeoutMs: timeoutMs, applicationName: writer },
    );
    const leftMs = Math.max(1, timeoutMs - (performance.now() - startedAt));
    await inTime(session.query(writeSql, [writer]), leftMs);
    return end('accepted', `the write was acknowledged`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return end(isRefusal(error) ? 'refused' : 'no-answer', error.message);
  } finally {
    // A frozen server never says goodbye.
    session?.end().catch(() => undefined);
  }
}

const writeSql = `insert into public.application_status values ($1, clock_timestamp())
  on conflict (host) do update set seen_at = excluded.seen_at`;

/** Turned away by the fence, or by a server that takes no writes (25006) or gives none of its rights (28, 42501). */
function isRefusal(failure: Failure): boolean {
  const state = sqlState(failure);
  return state === fencedState || state === '25006' || state === '42501';
}

async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const waiting = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: waiting.signal }).then(() => {
    throw new Failure('timeout', `no answer within ${Math.round(timeoutMs)} ms`);
  });
  late.catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    work.catch(() => undefined);
    waiting.abort();
  }
}
