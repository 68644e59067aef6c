import type { Entry } from '../run/index.js';
import { entriesOf, firstOf } from './entries.js';

export interface ClockHealth {
  /** From the first entry: whether the machine's clock was kept in step; null when that could not be told. */
  readonly synchronised: boolean | null;
  readonly source: string;
  /** Places where wall clock and monotonic clock of a session part by more than two seconds. */
  readonly steps: readonly {
    readonly session: string;
    readonly seq: number;
    readonly byMs: number;
    /** An entry that says so, or null: unexplained. */
    readonly explainedBy: number | null;
  }[];
  readonly evidence: readonly number[];
}

const toleranceMs = 2000;

/** Compares the two clocks within each session; an explanation is a note in that session that names the clock. */
export function clockHealthOf(entries: readonly Entry[]): ClockHealth {
  const opened = firstOf(entries, 'run-opened');
  const sessions = [...new Set(entries.map((entry) => entry.session))];
  const steps = sessions.flatMap((session) => {
    const own = entries.filter((entry) => entry.session === session);
    const explanation = entriesOf(own, 'note-taken').find((entry) => /\bclock\b/i.test(entry.data.text));
    let base: number | null = null;
    return own.flatMap((entry) => {
      const offset = Date.parse(entry.at) - entry.mono;
      base ??= offset;
      const byMs = Math.round(offset - base);
      if (Math.abs(byMs) <= toleranceMs) return [];
      base = offset;
      return [{ session, seq: entry.seq, byMs, explainedBy: explanation?.seq ?? null }];
    });
  });
  return {
    synchronised: opened?.data.clock.synchronised ?? null,
    source: opened?.data.clock.source ?? 'not recorded',
    steps,
    evidence: opened ? [opened.seq] : [],
  };
}
