/** Two clocks that must never be mixed: `now` places an event in the day, `mono` measures how long something took. */
export interface Clock {
  /** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Monotonic clock, milliseconds since the start of this session; never steps, means nothing across sessions. */
  mono(): number;
}

export function systemClock(): Clock {
  const origin = performance.now();
  return { now: () => Date.now(), mono: () => Math.round((performance.now() - origin) * 1000) / 1000 };
}
