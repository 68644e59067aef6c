import type { CanaryQuery, LatencyObjective, Session } from '../postgres/index.js';

/** How it is measured whether clients are served quickly enough. */
export interface LatencyPort {
  /** Read-only statements whose plans are known. */
  readonly queries: readonly CanaryQuery[];
  readonly objective: LatencyObjective;
  /** A query that took this long is given up. */
  readonly limitMs: number;
  /** Where the baseline is kept. */
  readonly baselineFile: string;
  /** A fresh session as a client of the service has one. */
  connect(): Promise<Session>;
}
