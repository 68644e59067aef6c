import { Failure } from '../base/index.js';
import type { Session } from '../postgres/index.js';
import { sayError, type ObservedStates } from './observed-states.js';
import { pause } from './pace.js';
import { TrafficMoved, type SwitchedConnection } from './switched-connection.js';

const shortestMs = 500;
/** After a read that failed: one that got no answer took long and cost the database nothing. */
const afterFailureMs = 1000;

/**
 * Reads a whole relation from its heap, again and again: an index-only scan would go on saying that all rows are there.
 * Rests for ten times as long as a scan took, so that the observer costs the database a tenth of one connection at most.
 */
export async function probeReads(options: {
  readonly connection: SwitchedConnection;
  readonly relation: string;
  readonly states: ObservedStates;
  readonly signal: AbortSignal;
}): Promise<void> {
  const sql = `select count(*) as rows from ${quoteRelation(options.relation)}`;
  let scanMs: number | undefined;
  while (!options.signal.aborted) {
    const startedAt = performance.now();
    let restMs = afterFailureMs;
    try {
      // A first scan may be cold and slow; later ones have shown how long they take.
      const timeoutMs = scanMs === undefined ? 60_000 : Math.max(2000, 10 * scanMs);
      const rows = await options.connection.use(timeoutMs, (session) => scanHeap(session, sql));
      scanMs = performance.now() - startedAt;
      restMs = Math.max(shortestMs, 10 * scanMs);
      options.states.see('read', 'ok', `${rows} rows of ${options.relation} read from the heap`);
    } catch (error) {
      if (!(error instanceof TrafficMoved)) options.states.see('read', 'failing', sayError(error));
    }
    await pause(restMs, options.signal);
  }
}

async function scanHeap(session: Session, sql: string): Promise<string> {
  const rows = await session.query(sql);
  return Number(rows[0]?.['rows']).toFixed(0);
}

/** Statements that make the planner read the heap in order, on a connection that does nothing else. */
export const heapOnly: readonly string[] = [
  'set enable_indexscan = off',
  'set enable_indexonlyscan = off',
  'set enable_bitmapscan = off',
  'set max_parallel_workers_per_gather = 0',
  'set default_transaction_read_only = on',
];

export function quoteRelation(relation: string): string {
  const parts = relation.split('.');
  if (parts.length !== 2 || parts.some((part) => !/^[a-z_][a-z0-9_$]*$/i.test(part)))
    throw new Failure('invalid', `probe relation '${relation}' is not of the form schema.name`);
  return parts.map((part) => `"${part}"`).join('.');
}
