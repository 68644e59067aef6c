import { Failure } from '../base/index.js';
import { connectTo, type ClusterLocation, type Session } from '../postgres/index.js';
import type { TrafficTarget, TrafficWatch } from './traffic.js';

/** Who a client of the service is; where it connects to is for the traffic switch to say. */
export interface ClientRole {
  readonly user: string;
  readonly passfile: string | null;
  readonly applicationName: string;
  /** Statements run once on every new connection. */
  readonly onConnect: readonly string[];
}

/** Thrown when the switch moved while something was under way: no sign of any failure, but the outcome is not known. */
export class TrafficMoved extends Error {}

/**
 * One connection to wherever the traffic switch points: made when needed, dropped as soon as it fails, does not answer in
 * time, or the switch moves. One use at a time; the caller sees to that.
 */
export class SwitchedConnection {
  private held: { readonly session: Session; readonly target: TrafficTarget } | undefined;

  constructor(
    private readonly watch: TrafficWatch,
    private readonly role: ClientRole,
    private readonly connectTimeoutMs: number,
  ) {}

  /** Rejects with what `work` rejected with, with a `Failure` of reason `timeout`, or with `TrafficMoved`. */
  async use<T>(timeoutMs: number, work: (session: Session) => Promise<T>): Promise<T> {
    const { session, target } = await this.connection(timeoutMs);
    try {
      return await inTime(work(session), timeoutMs, target.moved);
    } catch (error) {
      this.drop();
      throw error;
    }
  }

  /** Does not wait: a frozen server never says goodbye. */
  drop(): void {
    const session = this.held?.session;
    this.held = undefined;
    session?.end().catch(() => undefined);
  }

  private async connection(timeoutMs: number) {
    const target = this.watch.target();
    if (this.held !== undefined && !this.held.target.moved.aborted) return this.held;
    this.drop();
    const at = target.traffic.location;
    if (at === null) throw new Failure('unavailable', 'the traffic switch points nowhere');
    const session = await this.connect(at, timeoutMs, target.moved);
    this.held = { session, target };
    return this.held;
  }

  private async connect(at: ClusterLocation, timeoutMs: number, moved: AbortSignal): Promise<Session> {
    const location = { ...at, user: this.role.user, passfile: this.role.passfile };
    const connecting = connectTo(location, {
      database: at.database,
      applicationName: this.role.applicationName,
      statementTimeoutMs: timeoutMs,
      connectTimeoutMs: this.connectTimeoutMs,
    });
    let session: Session | undefined;
    try {
      session = await inTime(connecting, this.connectTimeoutMs + 500, moved);
      const prepare = async (fresh: Session) => {
        for (const statement of this.role.onConnect) await fresh.query(statement);
      };
      await inTime(prepare(session), this.connectTimeoutMs, moved);
      return session;
    } catch (error) {
      if (session === undefined) connecting.then((late) => late.end()).catch(() => undefined);
      else session.end().catch(() => undefined);
      throw error;
    }
  }
}

/** The server's own statement timeout cannot be relied on: a frozen server does not keep it. */
async function inTime<T>(work: Promise<T>, timeoutMs: number, moved: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onMove: (() => void) | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Failure('timeout', `no answer within ${timeoutMs} ms`)),
          timeoutMs,
        );
        onMove = () => reject(new TrafficMoved('the traffic switch moved'));
        if (moved.aborted) onMove();
        else moved.addEventListener('abort', onMove);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onMove !== undefined) moved.removeEventListener('abort', onMove);
  }
}
