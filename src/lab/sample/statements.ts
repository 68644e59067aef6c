/** A part of the sample database: statements in order, each run alone. */
export interface SamplePart {
  readonly title: string;
  readonly statements: readonly string[];
}

export interface SampleSize {
  readonly bookings: number;
  readonly users: number;
  readonly drivers: number;
}

/** Scale 1: 40,000 bookings, about 10 MB of heap; everything else in proportion. */
export function sampleSize(scale: number): SampleSize {
  return {
    bookings: Math.max(200, Math.round(40_000 * scale)),
    users: Math.max(50, Math.round(4000 * scale)),
    drivers: Math.max(20, Math.round(600 * scale)),
  };
}
