import { Failure } from '../../base/index.js';
import { connectTo, sqlState, type ClusterLocation, type Session } from '../../postgres/index.js';

export interface Knocked {
  readonly letIn: boolean;
  readonly said: string;
}

/**
 * Whether a client reaches the server at an address. Kept out is only whoever gets no answer, or is refused by a rule whatever his
 * password is: a server that wants another password, is full or just starting was reached, and so was one of which nobody knows.
 */
export async function knock(location: ClusterLocation, timeoutMs: number): Promise<Knocked> {
  const at = `${location.host}:${location.port}`;
  try {
    const session = await connectTo(location, {
      ...{ connectTimeoutMs: timeoutMs, readOnly: true, applicationName: 'firedrill fence' },
    });
    session.end().catch(() => undefined);
    return { letIn: true, said: `a client was let in at ${at}` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { letIn: !isKeptOut(error), said: error.message };
  }
}

/** By a rule, as pg_hba.conf has them. */
const turnedAwayByRule = '28000';
const noAnswer = new Set(
  'ECONNREFUSED ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH EPIPE ENOTFOUND'.split(' '),
);

function isKeptOut(failure: Failure): boolean {
  const state = sqlState(failure);
  if (state !== null) return state === turnedAwayByRule;
  const { cause } = failure;
  if (cause instanceof Error && 'code' in cause) return noAnswer.has(String(cause.code));
  // The driver's own words where it waited in vain, or was cut off before a word.
  return /timeout expired|connection terminated/i.test(failure.message);
}

export interface ClientWrite {
  readonly outcome: 'accepted' | 'refused' | 'no-answer';
  readonly said: string;
  readonly tookMs: number;
}

/**
 * One durable write that leaves no row anywhere: a message in the write-ahead log, whose commit is acknowledged as any other. Refused is
 * only what somebody has refused.
 */
export async function emitAsClient(location: ClusterLocation, timeoutMs: number): Promise<ClientWrite> {
  const startedAt = performance.now();
  const end = (outcome: ClientWrite['outcome'], said: string): ClientWrite => ({
    ...{ outcome, said },
    tookMs: Math.round(performance.now() - startedAt),
  });
  const timer = new AbortController();
  let session: Session | undefined;
  try {
    session = await connectTo(location, {
      ...{ connectTimeoutMs: timeoutMs, statementTimeoutMs: timeoutMs, applicationName: 'firedrill probe' },
    });
    const written = session.query(`select pg_logical_emit_message(true, 'firedrill', 'probe')`);
    written.catch(() => undefined);
    const late = new Promise<never>((_done, fail) => {
      const leftMs = Math.max(1, timeoutMs - (performance.now() - startedAt));
      const timeout = setTimeout(() => {
        fail(new Failure('timeout', `no answer within ${timeoutMs} ms`));
      }, leftMs);
      timer.signal.addEventListener('abort', () => clearTimeout(timeout));
    });
    await Promise.race([written, late]);
    return end('accepted', 'the write was acknowledged');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return end(isRefusal(error) ? 'refused' : 'no-answer', error.message);
  } finally {
    timer.abort();
    // A frozen server never says goodbye.
    session?.end().catch(() => undefined);
  }
}

/**
 * The same at the address of a server that is known to be awake: who does not even get a connection to it is kept out by what stands
 * between. A connection without an answer to the write proves nothing.
 */
export async function writeAsClient(location: ClusterLocation, timeoutMs: number): Promise<ClientWrite> {
  const written = await emitAsClient(location, timeoutMs);
  if (written.outcome !== 'no-answer') return written;
  const { letIn, said } = await knock(location, timeoutMs);
  return letIn ? written : { ...written, outcome: 'refused', said };
}

/** By rights or by a rule (28, 42501), or because it takes no writes (25006). */
function isRefusal(failure: Failure): boolean {
  return /^(28|42501|25006)/.test(sqlState(failure) ?? '');
}
