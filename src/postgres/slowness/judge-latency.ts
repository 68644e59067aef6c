import type { Latency, QueryLatency } from './measure-latency.js';

/** What is still good enough: the larger of a fixed time and a multiple of the recorded baseline. */
export interface LatencyObjective {
  readonly atLeastMs: number;
  readonly factor: number;
}

export interface JudgedQuery {
  readonly name: string;
  readonly now: QueryLatency;
  readonly baselineMs: number | null;
  readonly objectiveMs: number;
  readonly within: boolean;
  /** Tables that are now read from end to end, and were reached by an index when the baseline was recorded. */
  readonly newScans: readonly string[];
}

export interface JudgedLatency {
  readonly within: boolean;
  readonly queries: readonly JudgedQuery[];
  /** The query that is furthest beyond its objective, or nearest to it. */
  readonly worst: JudgedQuery | null;
}

/** Holds what was measured against the baseline, query by query: an average would hide the one that everybody waits for. */
export function judgeLatency(
  now: Latency,
  baseline: Latency | null,
  objective: LatencyObjective,
): JudgedLatency {
  const queries = now.queries.map((query) => judgeQuery(query, baseline, objective));
  const share = (one: JudgedQuery) => one.now.p95Ms / one.objectiveMs;
  const worst = queries.toSorted((a, b) => share(b) - share(a))[0] ?? null;
  return { within: queries.length > 0 && queries.every((one) => one.within), queries, worst };
}

function judgeQuery(
  now: QueryLatency,
  baseline: Latency | null,
  { atLeastMs, factor }: LatencyObjective,
): JudgedQuery {
  const was = baseline?.queries.find((one) => one.name === now.name) ?? null;
  const objectiveMs = Math.max(atLeastMs, factor * (was?.p95Ms ?? 0));
  const scanned = (paths: readonly string[] | null) =>
    (paths ?? []).flatMap((path) => /^Seq Scan on (.*)$/.exec(path)?.[1] ?? []);
  const before = new Set(scanned(was?.paths ?? null));
  return {
    name: now.name,
    now,
    baselineMs: was?.p95Ms ?? null,
    objectiveMs,
    within: now.samples > 0 && now.p95Ms <= objectiveMs,
    newScans: was?.paths == null ? [] : scanned(now.paths).filter((table) => !before.has(table)),
  };
}

export function describeQuery(one: JudgedQuery): string {
  const { now, baselineMs, objectiveMs } = one;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const parts = [
    `${one.name}: p50 ${ms(now.p50Ms)}, p95 ${ms(now.p95Ms)} of ${now.samples} samples`,
    `baseline p95 ${baselineMs === null ? 'not recorded' : ms(baselineMs)}`,
    `objective ${ms(objectiveMs)}: ${one.within ? 'within' : 'violated'}`,
    ...(now.givenUp === 0 ? [] : [`${now.givenUp} given up (${now.firstError ?? ''})`]),
    ...(now.paths === null ? [] : [now.paths.join(' + ')]),
  ];
  return parts.join('; ');
}
