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
 * file says: there the reading ends. Rejects with `unavailable` when a segment
 * between is missing, with `check` when one before the last cannot be read.
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
    if (!isEnd(failure, request)) throw failure;
  } finally {
    await wal.remove();
  }
  return found;
}

/** What pg_waldump says where the records end and the rest of the last segment is empty; anywhere before, the log is damaged. */
function isEnd(failure: unknown, { to, segmentBytes }: LogBeyondRequest): boolean {
  if (!(failure instanceof Failure && failure.message.includes('error in WAL record at'))) return false;
  const places = failure.message.match(/\b[0-9A-F]{1,8}\/[0-9A-F]{1,8}\b/g) ?? [];
  const at = places.toSorted(compareLsn).at(-1);
  if (at !== undefined && parseLsn(at) >= parseLsn(to) - BigInt(segmentBytes)) return true;
  throw new Failure(
    'check',
    `the log is damaged at ${at ?? 'a place that is not said'}: ${failure.message}`,
    {
      hint: 'Take the segment of that place from another store, or go on without what comes after it.',
    },
  );
}
