import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shipWal, type ShippedWal } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { connectTo, textColumn, type ClusterLocation } from '../../postgres/index.js';
import { parseTraffic } from '../../sentinel/index.js';
import type { LabState } from '../lab-state.js';
import type { LabPaths } from '../paths.js';
import { immutableOf, writerStore } from './places.js';

/** How long the receiver may take to complete the segment that was ended for it. */
const patienceMs = 5000;

/**
 * Ends the segment that the server is writing, waits until the receiver has it whole, and ships everything complete, encrypted, with
 * the host's credentials. Rejects with `unavailable` when clients are sent nowhere, or server, receiver or store do not answer.
 */
export async function shipOutside(
  paths: LabPaths,
  state: LabState,
  signal?: AbortSignal,
): Promise<ShippedWal> {
  const { location } = parseTraffic(readFileSync(paths.traffic, 'utf8'), paths.traffic);
  if (location === null) throw new Failure('unavailable', 'the traffic switch points nowhere');
  const { segment, ...server } = await endSegment(location);
  const deadline = performance.now() + patienceMs;
  while (!(await exists(join(paths.wal, segment)))) {
    if (performance.now() > deadline)
      throw new Failure('unavailable', `segment ${segment} has not arrived at the receiver`);
    await delay(25, undefined, signal === undefined ? {} : { signal });
  }
  return shipWal({
    ...{ walDirectory: paths.wal, store: writerStore(paths, state), ...server },
    recipients: immutableOf(state).recipients,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The segment that is complete afterwards, and whose it is. */
async function endSegment(
  location: ClusterLocation,
): Promise<{ segment: string; systemIdentifier: string; segmentBytes: number }> {
  const session = await connectTo(location, { applicationName: 'firedrill shipper', connectTimeoutMs: 3000 });
  try {
    // Where nothing was written since the last switch the end lies at a segment's start, and this names the one before.
    const [row] = await session.query(
      `select pg_walfile_name(pg_switch_wal()) as segment, (select system_identifier::text from pg_control_system()) as system,
              (select setting from pg_settings where name = 'wal_segment_size') as bytes`,
    );
    return {
      segment: textColumn(row, 'segment'),
      systemIdentifier: textColumn(row, 'system'),
      segmentBytes: Number(textColumn(row, 'bytes')),
    };
  } finally {
    await session.end();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
