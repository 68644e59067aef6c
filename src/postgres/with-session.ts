import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { connectTo, type ConnectOptions } from './connect.js';
import type { Session } from './session.js';

/** One session for a piece of work, ended whatever happens; when the signal comes it is cut, and this rejects with `cancelled`. */
export async function withSession<T>(
  location: ClusterLocation,
  options: ConnectOptions,
  work: (session: Session) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const session = await connectTo(location, options);
  const cut = () => void session.end();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    if (signal?.aborted === true) throw cancelled();
    return await work(session);
  } catch (failure) {
    throw signal?.aborted === true ? cancelled() : failure;
  } finally {
    signal?.removeEventListener('abort', cut);
    await session.end();
  }
}

const cancelled = () => new Failure('cancelled', 'asking the server was cancelled');
