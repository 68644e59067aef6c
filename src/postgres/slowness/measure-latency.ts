import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { sqlState } from '../query-failure.js';
import type { Session } from '../session.js';
import { accessPaths } from './access-paths.js';

/** A read-only statement whose plan is known; how long clients wait for it says how the service is. */
export interface CanaryQuery {
  readonly name: string;
  readonly sql: string;
}

export interface QueryLatency {
  readonly name: string;
  readonly samples: number;
  /** Milliseconds a client waited. A sample that was given up counts as the whole limit: it took longer, nobody knows how much. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly givenUp: number;
  /** How its tables were reached, e.g. `Index Scan using bookings_pkey on bookings`; null when the server did not say. */
  readonly paths: readonly string[] | null;
  readonly firstError: string | null;
}

export interface Latency {
  /** When it was measured (UTC). */
  readonly at: string;
  readonly durationMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly queries: readonly QueryLatency[];
}

export interface MeasureRequest {
  readonly queries: readonly CanaryQuery[];
  /** A fresh session as a client of the service has one; its statements end at the limit. */
  readonly connect: () => Promise<Session>;
  readonly limitMs: number;
  /** Of each query; 20 unless told. */
  readonly samples?: number;
  /** After so long no further round begins once there were three; 4 s unless told. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

const fewestRounds = 3;
const restAfterRefusalMs = 50;

/**
 * Runs the canary queries in turn, as a client would, and says how long each took. What fails or is not answered within the limit
 * is a sample too, the worst there is: a service that answers nobody is not fast. Rejects with `cancelled` alone.
 */
export async function measureLatency(request: MeasureRequest): Promise<Latency> {
  const { queries, limitMs, samples = 20, budgetMs = 4000, signal } = request;
  const at = new Date().toISOString();
  const startedAt = performance.now();
  const taken = new Map(queries.map(({ name }) => [name, { ms: [] as number[], errors: [] as string[] }]));
  const client = patientClient(request.connect, limitMs);
  const paths = new Map<string, readonly string[]>();
  try {
    for (let round = 0; round < samples; round += 1) {
      if (round >= fewestRounds && performance.now() - startedAt > budgetMs) break;
      for (const { name, sql } of queries) {
        if (signal?.aborted === true) throw new Failure('cancelled', 'measuring latency was cancelled');
        // With more than a twentieth given up, p95 is the limit, whatever the others would say.
        if ((taken.get(name)?.errors.length ?? 0) > samples / 20) continue;
        const sample = await client.run(sql);
        taken.get(name)?.ms.push(sample.ms);
        if (sample.error !== null) taken.get(name)?.errors.push(sample.error);
      }
    }
    for (const { name, sql } of queries) {
      const rows = await client.rows(`set lock_timeout = '100ms'; explain (format json) ${sql}`);
      if (rows !== null) paths.set(name, accessPaths(rows));
    }
  } finally {
    client.drop();
  }
  const all = [...taken.values()].flatMap(({ ms }) => ms);
  return {
    at,
    durationMs: Math.round(performance.now() - startedAt),
    p50Ms: percentile(all, 0.5),
    p95Ms: percentile(all, 0.95),
    queries: [...taken].map(([name, { ms, errors }]) => ({
      name,
      samples: ms.length,
      p50Ms: percentile(ms, 0.5),
      p95Ms: percentile(ms, 0.95),
      givenUp: errors.length,
      paths: paths.get(name) ?? null,
      firstError: errors[0] ?? null,
    })),
  };
}

/** The smallest sample that is not exceeded by this share of all (nearest rank), to a tenth of a millisecond; 0 of none. */
export function percentile(ms: readonly number[], share: number): number {
  const sorted = ms.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return Math.round(value * 10) / 10;
}

/** One connection, made anew after every failure that broke it. */
function patientClient(connect: () => Promise<Session>, limitMs: number) {
  let held: Session | undefined;
  const drop = () => {
    // Does not wait: a frozen server never says goodbye.
    held?.end().catch(() => undefined);
    held = undefined;
  };
  const answer = async (sql: string) => {
    held ??= await connect();
    return inTime(held.query(sql), limitMs * 2);
  };
  return {
    drop,
    async run(sql: string): Promise<{ readonly ms: number; readonly error: string | null }> {
      const startedAt = performance.now();
      try {
        await answer(sql);
        return { ms: performance.now() - startedAt, error: null };
      } catch (failure) {
        const error = failure instanceof Error ? failure.message : String(failure);
        const took = performance.now() - startedAt;
        if (sqlState(failure) !== '57014') {
          drop();
          await delay(restAfterRefusalMs);
        }
        return { ms: Math.max(took, limitMs), error };
      }
    },
    rows: async (sql: string) => answer(sql).catch(() => null),
  };
}

/** The server's own timeout cannot be relied on: a frozen server does not keep it. */
async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure('timeout', `no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
