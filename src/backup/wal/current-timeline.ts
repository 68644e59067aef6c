import { connectTo, textColumn, type ClusterLocation } from '../../postgres/index.js';
import { parseSegmentName } from './wal-segments.js';

/** The timeline that a primary writes to, and how large its segments are; the timeline is null where its name cannot be read. */
export async function currentTimeline(
  location: ClusterLocation,
): Promise<{ readonly timeline: number | null; readonly segmentBytes: number }> {
  const session = await connectTo(location, { applicationName: 'firedrill timeline', readOnly: true });
  const [row] = await session
    .query(
      `select pg_walfile_name(pg_current_wal_insert_lsn()) as segment,
              (select setting from pg_settings where name = 'wal_segment_size') as bytes`,
    )
    .finally(() => session.end());
  const segmentBytes = Number(textColumn(row, 'bytes'));
  return {
    timeline: parseSegmentName(textColumn(row, 'segment'), segmentBytes)?.timeline ?? null,
    segmentBytes,
  };
}
