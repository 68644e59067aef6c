import { Failure } from '../../base/index.js';
import {
  hashInTransaction,
  type HashMethod,
  type Session,
  type TableHash,
  type UpTo,
} from '../../postgres/index.js';

export interface TableToHash {
  readonly table: string;
  /** Size of its heap; the largest are begun first. */
  readonly bytes: number;
}

/**
 * Hashes tables in several sessions beside each other, each in the transaction that the caller opened. All must see the same:
 * one exported snapshot, or a server whose state is frozen. When the signal comes their connections are cut.
 */
export async function hashBeside(
  sessions: readonly Session[],
  tables: readonly TableToHash[],
  options: {
    readonly upTo?: { readonly [table: string]: UpTo };
    readonly method?: HashMethod;
    readonly signal?: AbortSignal | undefined;
    readonly onTable?: (table: TableToHash) => void;
  } = {},
): Promise<ReadonlyMap<string, TableHash>> {
  const { upTo, method, signal, onTable } = options;
  const queue = [...tables].sort((a, b) => b.bytes - a.bytes);
  const hashes = new Map<string, TableHash>();
  const cut = () => void Promise.all(sessions.map(async (session) => session.end()));
  signal?.addEventListener('abort', cut, { once: true });
  const drain = async (session: Session) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [hash] = await hashInTransaction(session, [next.table], upTo, method).catch(
        (failure: unknown) => {
          queue.length = 0;
          throw failure;
        },
      );
      if (hash !== undefined) hashes.set(next.table, hash);
      onTable?.(next);
    }
  };
  try {
    const ended = await Promise.allSettled(sessions.map(drain));
    if (signal?.aborted === true) throw new Failure('cancelled', 'taking the expectation was cancelled');
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    return hashes;
  } finally {
    signal?.removeEventListener('abort', cut);
  }
}
