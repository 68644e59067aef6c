import type { Entry } from '../run/index.js';

/** A moment on the run's axis. */
export interface Moment {
  /** Milliseconds since 1970 by the axis of this run, see `timeAxis`. */
  readonly ms: number;
  readonly session: string;
  readonly seq: number;
}

export interface Duration {
  readonly ms: number;
  /** The two ends lie in different sessions: measured with the wall clock across the gap. */
  readonly spansSessions: boolean;
}

export interface TimeAxis {
  moment(entry: Entry): Moment;
  /** A wall-clock time told inside an entry, placed relative to the time of that entry. */
  told(entry: Entry, at: string): Moment;
}

/**
 * One axis for the whole run: each session begins at the wall-clock time of its first entry and goes on by its monotonic
 * clock. So a duration within a session never sees a clock step, and one across sessions is by the wall clock.
 */
export function timeAxis(entries: readonly Entry[]): TimeAxis {
  const origins = new Map<string, number>();
  for (const entry of entries) {
    if (!origins.has(entry.session)) origins.set(entry.session, Date.parse(entry.at) - entry.mono);
  }
  const moment = (entry: Entry): Moment => ({
    ms: (origins.get(entry.session) ?? Date.parse(entry.at) - entry.mono) + entry.mono,
    session: entry.session,
    seq: entry.seq,
  });
  return {
    moment,
    told: (entry, at) => {
      const here = moment(entry);
      return { ...here, ms: here.ms + Date.parse(at) - Date.parse(entry.at) };
    },
  };
}

/** From `start` to `end` in whole milliseconds; negative when they are the wrong way round. */
export function durationBetween(start: Moment, end: Moment): Duration {
  return { ms: Math.round(end.ms - start.ms), spansSessions: start.session !== end.session };
}
