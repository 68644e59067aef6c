import { Failure } from '../base/index.js';
import { compareLsn, parseLsn, type Lsn } from './lsn.js';
import type { PostgresTools } from './tools.js';
import { eachWalRecord, walStretch } from './wal-records.js';

export interface LogBeyondRequest {
  readonly tools: PostgresTools;
  /** Folders with segments; the first that has one counts. */
  readonly places: readonly string[];
  readonly timeline: number;
  readonly segmentBytes: number;
  readonly from: Lsn;
  /** End of the last segment that is there. */
  readonly to: Lsn;
  readonly signal?: AbortSignal | undefined;
}

/** What a log holds after a position. */
export interface LogBeyond {
  readonly commits: number;
  /** Where the record of the last one begins; null: there is none. */
  readonly lastLsn: Lsn | null;
  /** UTC, ISO 8601, as the server's clock had it. */
  readonly lastAt: string | null;
}

/**
 * Counts the commits after a position in log that nobody may be there to ask about. The last segment is full only up to a place that no
 * file says: there the reading ends. Rejects with `unavailable` when a segment between is missing, with `check` when one before the last
 * cannot be read.
 */
export async function logBeyond(request: LogBeyondRequest): Promise<LogBeyond> {
  const { tools, from, signal, ...stretch } = request;
  const wal = await walStretch({ ...stretch, from, segmentsBefore: 0 });
  let found: LogBeyond = { commits: 0, lastLsn: null, lastAt: null };
  const reading = { tools, kinds: ['Transaction'], what: /^COMMIT/, signal };
  try {
    await eachWalRecord(wal, reading, ({ lsn, what }) => {
      if (compareLsn(lsn, from) < 0) return;
      const [, day, clock] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC/.exec(what) ?? [];
      const lastAt = day === undefined ? found.lastAt : `${day}T${String(clock)}Z`;
      found = { commits: found.commits + 1, lastLsn: lsn, lastAt };
    });
  } catch (failure) {
    requireEnd(failure, request);
  } finally {
    await wal.remove();
  }
  return found;
}

/**
 * Rejects unless pg_waldump says that the records end in the last segment, whose rest is empty; anywhere before, the log is damaged. Only
 * the places where it stopped count: what a damaged record names as the one before it may be anything.
 */
function requireEnd(failure: unknown, { to, segmentBytes }: LogBeyondRequest): void {
  if (!(failure instanceof Failure && failure.message.includes('error in WAL record at'))) throw failure;
  const places = [...failure.message.matchAll(/ at ([0-9A-F]{1,8}\/[0-9A-F]{1,8})\b/g)].map(
    ([, at = '']) => at,
  );
  const at = places.toSorted(compareLsn).at(-1);
  if (at !== undefined && parseLsn(at) >= parseLsn(to) - BigInt(segmentBytes)) return;
  throw new Failure(
    'check',
    `the log is damaged at ${at ?? 'a place that is not said'}: ${failure.message}`,
    {
      hint: 'Take the segment of that place from another store, or go on without what comes after it.',
    },
  );
}
