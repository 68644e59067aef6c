import { Failure, type JsonObject } from '../../base/index.js';
import {
  describeQuery,
  judgeLatency,
  measureLatency,
  readBaseline,
  type JudgedLatency,
  type Latency,
} from '../../postgres/index.js';
import { args, defineAction } from '../define.js';
import type { Environment } from '../environment.js';
import type { LatencyPort } from '../latency-port.js';

export const latencyPreview = [
  '<each canary query>, 20 times in turn, as a client of the service',
  'EXPLAIN (FORMAT JSON) <each canary query>',
];

export const postgresMeasureLatency = defineAction({
  name: 'postgres.measure-latency',
  with: args(),
  outputs: {
    ok: 'whether the p95 of every canary query is within its objective',
    said: 'one line for each canary query',
    p50Ms: 'half of all answers came within so many milliseconds',
    p95Ms: '95 of 100 answers came within so many milliseconds',
    baselineMs: 'p95 that was recorded as normal; null: none was',
    baselineAt: 'when that was (UTC)',
    worst: 'the canary query that is furthest beyond its objective, or nearest to it',
    worstMs: 'its p95 in milliseconds',
    objectiveMs: 'its objective: what is still quick enough, in milliseconds',
    samples: 'how many answers were waited for',
    givenUp: 'how many of them did not come within the limit, or were errors',
    newScans: 'tables that are now read from end to end, and were reached by an index before',
    newScansCount: 'how many',
  },
  effect: 'read',
  destroys: false,
  describe: () => 'Measure how long clients wait for the canary queries, and compare with the baseline',
  preview: () => latencyPreview,
  perform: async (_given, { environment, signal, output }) => {
    const port = portOf(environment);
    const { now, judged, baseline } = await measure(port, signal);
    for (const one of judged.queries) output(`${describeQuery(one)}\n`);
    output(
      `all: p50 ${now.p50Ms} ms, p95 ${now.p95Ms} ms; baseline ${baseline === null ? 'not recorded' : `p95 ${baseline.p95Ms} ms of ${baseline.at}`}\n`,
    );
    return { outputs: outputsOf(now, judged, baseline) };
  },
});

/** Asks for the plans alone: where a table is locked, or the machine is busy, they tell more than times do. */
export const postgresChangedPlans = defineAction({
  name: 'postgres.changed-plans',
  with: args(),
  outputs: {
    ok: 'whether every canary query reaches its tables as it did when the baseline was recorded',
    newScans: 'tables that are now read from end to end, and were reached by an index before',
    newScansCount: 'how many',
  },
  effect: 'read',
  destroys: false,
  describe: () => 'Ask how the canary queries would reach their tables, and compare with the baseline',
  preview: () => ['EXPLAIN (FORMAT JSON) <each canary query>'],
  perform: async (_given, { environment, signal, output }) => {
    const { judged, baseline } = await measure(portOf(environment), signal, 0);
    if (baseline === null)
      throw new Failure('unavailable', 'no baseline was recorded, so nothing says how it was before', {
        hint: `For the next time, while the service is healthy: \`firedrill baseline --environment ${environment.name}\`.`,
        retryable: false,
      });
    for (const { name, now } of judged.queries)
      output(`${name}: ${now.paths === null ? 'no plan was told' : now.paths.join(' + ')}\n`);
    const newScans = scansOf(judged);
    return { outputs: { ok: newScans.length === 0, newScans, newScansCount: newScans.length } };
  },
});

export function portOf({ name, latency }: Environment): LatencyPort {
  if (latency !== null) return latency;
  throw new Failure('unavailable', `environment ${name} declares no canary queries`, {
    hint: `Ask the users and the monitoring; for the next time add \`latency\` under \`environments.${name}\` in firedrill.yaml.`,
    retryable: false,
  });
}

/** Now against the baseline; without samples the plans alone. */
export async function measure(port: LatencyPort, signal: AbortSignal, samples?: number) {
  const { queries, objective, limitMs } = port;
  const baseline = readBaseline(port.baselineFile, queries);
  const now = await measureLatency({
    ...{ queries, limitMs, signal, connect: () => port.connect() },
    ...(samples === undefined ? {} : { samples }),
  });
  return { now, baseline, judged: judgeLatency(now, baseline, objective) };
}

function outputsOf(now: Latency, judged: JudgedLatency, baseline: Latency | null): JsonObject {
  const newScans = scansOf(judged);
  return {
    ok: judged.within,
    said: judged.queries.map(describeQuery),
    p50Ms: now.p50Ms,
    p95Ms: now.p95Ms,
    baselineMs: baseline?.p95Ms ?? null,
    baselineAt: baseline?.at ?? null,
    worst: judged.worst?.name ?? null,
    worstMs: judged.worst?.now.p95Ms ?? null,
    objectiveMs: judged.worst?.objectiveMs ?? null,
    samples: sum(now.queries.map((one) => one.samples)),
    givenUp: sum(now.queries.map((one) => one.givenUp)),
    newScans,
    newScansCount: newScans.length,
  };
}

const scansOf = (judged: JudgedLatency) => [...new Set(judged.queries.flatMap((one) => one.newScans))];
export const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
