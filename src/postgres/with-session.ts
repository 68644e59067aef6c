import type { ClusterLocation } from './cluster-location.js';
import { connectTo, type ConnectOptions } from './connect.js';
import type { Session } from './session.js';

/** One session for a piece of work, ended whatever happens. */
export async function withSession<T>(
  location: ClusterLocation,
  options: ConnectOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connectTo(location, options);
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
