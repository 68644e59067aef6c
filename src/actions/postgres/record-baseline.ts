import { Failure, type JsonObject } from '../../base/index.js';
import { describeQuery, readBaseline, takeNormalSizes, writeBaseline } from '../../postgres/index.js';
import { args, defineAction } from '../define.js';
import type { LatencyPort } from '../latency-port.js';
import { latencyPreview, measure, portOf, sum } from './measure-latency.js';

export const postgresRecordBaseline = defineAction({
  name: 'postgres.record-baseline',
  with: args(),
  outputs: {
    ok: 'whether every canary query was answered every time, so that it could be recorded as normal',
    p50Ms: 'half of all answers came within so many milliseconds',
    p95Ms: '95 of 100 answers came within so many milliseconds',
    samples: 'how many answers were waited for',
  },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Record how long the canary queries take now as what is normal',
  preview: () => [...latencyPreview, 'write <baseline>'],
  perform: async (_given, { environment, signal, output }) => {
    return { outputs: await recordBaseline(portOf(environment), signal, output) };
  },
});

/** Measures and keeps; what failed once is not normal: rejects with `check` then, and keeps nothing. */
export async function recordBaseline(
  port: LatencyPort,
  signal: AbortSignal,
  output: (line: string) => void,
): Promise<JsonObject & { readonly p50Ms: number; readonly p95Ms: number }> {
  const { now, judged } = await measure(port, signal);
  for (const one of judged.queries) output(`${describeQuery(one)}\n`);
  const failed = now.queries.filter((one) => one.givenUp > 0).map((one) => one.name);
  if (failed.length > 0)
    throw new Failure('check', `not recorded: ${failed.join(', ')} had failures, which is not normal`);
  writeBaseline(port.baselineFile, port.queries, now, await takeNormalSizes(() => port.connect()));
  const samples = sum(now.queries.map((one) => one.samples));
  return { ok: true, p50Ms: now.p50Ms, p95Ms: now.p95Ms, samples };
}

/** For a step that records a baseline: one that is there, of the queries that are asked now. */
export const postgresHasBaseline = defineAction({
  name: 'postgres.has-baseline',
  with: args({ withinHours: { type: 'number', minimum: 0, description: 'not older than this' } }),
  outputs: {
    ok: 'whether a baseline of every canary query is there, and young enough',
    at: 'when it was recorded (UTC)',
  },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether it was recorded how long the canary queries normally take',
  preview: () => ['read <baseline>'],
  perform: async (given, { environment, clock }) => {
    const port = portOf(environment);
    const baseline = readBaseline(port.baselineFile, port.queries);
    const ageHours = baseline === null ? null : (clock.now() - Date.parse(baseline.at)) / 3_600_000;
    const limit = given['withinHours'];
    const young = ageHours !== null && (typeof limit !== 'number' || ageHours <= limit);
    const whole = baseline !== null && port.queries.length === baseline.queries.length;
    return Promise.resolve({ outputs: { ok: whole && young, at: baseline?.at ?? null } });
  },
});
