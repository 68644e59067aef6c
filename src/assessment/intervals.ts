/** A stretch of the run's axis, milliseconds; `start` ≤ `end`. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** The same time once: sorted, overlaps joined, empty ones left out. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter((one) => one.end > one.start).sort((a, b) => a.start - b.start);
  const joined: Interval[] = [];
  for (const one of sorted) {
    const last = joined.at(-1);
    if (last && one.start <= last.end)
      joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, one.end) };
    else joined.push(one);
  }
  return joined;
}

export function clip(intervals: readonly Interval[], to: Interval): Interval[] {
  return intervals
    .map((one) => ({ start: Math.max(one.start, to.start), end: Math.min(one.end, to.end) }))
    .filter((one) => one.end > one.start);
}

/** What of `intervals` is covered by none of `others`. */
export function subtract(intervals: readonly Interval[], others: readonly Interval[]): Interval[] {
  return union(others).reduce<Interval[]>(
    (rest, cut) =>
      rest
        .flatMap((one) => [
          { start: one.start, end: Math.min(one.end, cut.start) },
          { start: Math.max(one.start, cut.end), end: one.end },
        ])
        .filter((one) => one.end > one.start),
    union(intervals),
  );
}

/** Milliseconds covered, each moment once. */
export function lengthMs(intervals: readonly Interval[]): number {
  return union(intervals).reduce((total, one) => total + one.end - one.start, 0);
}
