import { measureLatency, type Latency } from '../../postgres/index.js';
import { requireLatency } from '../latency.js';
import type { Lab } from '../lab.js';

/** What one canary query took before a silent fault and after it: the evidence where nothing fails. */
export interface MeasuredEffect {
  readonly query: string;
  readonly beforeMs: number;
  readonly afterMs: number;
  /** The same of the slowest twentieth: what the objective is about. */
  readonly p95BeforeMs: number;
  readonly p95AfterMs: number;
  readonly pathsBefore: readonly string[] | null;
  readonly pathsAfter: readonly string[] | null;
}

const samples = 5;

/** A few samples of every canary query, as a client of the service takes them. */
export async function takeLatency(lab: Lab, signal: AbortSignal): Promise<Latency> {
  const port = requireLatency(lab);
  const { queries, limitMs } = port;
  return measureLatency({ queries, limitMs, samples, signal, connect: () => port.connect() });
}

/** The canary query that suffered most. */
export function effectOf(before: Latency, after: Latency): MeasuredEffect | null {
  const pairs = after.queries.flatMap((now) => {
    const was = before.queries.find((one) => one.name === now.name);
    return was === undefined ? [] : [{ now, was }];
  });
  const [worst] = pairs.toSorted((a, b) => b.now.p50Ms / b.was.p50Ms - a.now.p50Ms / a.was.p50Ms);
  if (worst === undefined) return null;
  return {
    query: worst.now.name,
    beforeMs: worst.was.p50Ms,
    afterMs: worst.now.p50Ms,
    p95BeforeMs: worst.was.p95Ms,
    p95AfterMs: worst.now.p95Ms,
    pathsBefore: worst.was.paths,
    pathsAfter: worst.now.paths,
  };
}
