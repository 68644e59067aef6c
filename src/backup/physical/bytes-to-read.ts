import type { Store } from '../../store/index.js';
import type { ListedSet } from '../set/backup-set.js';
import type { PhysicalManifest } from '../set/manifest.js';
import { listStoredWal } from '../wal/stored-wal.js';
import { segmentName, segmentOf } from '../wal/wal-segments.js';

/** What a recovery to the latest has to bring from a store: the set, and the log of its timeline from its start on; bytes. */
export async function bytesToRead(
  store: Store,
  { manifest }: ListedSet<PhysicalManifest>,
  signal?: AbortSignal,
): Promise<number> {
  const { server, wal, files } = manifest;
  const number = segmentOf(wal.startLsn, server.walSegmentBytes);
  const first = segmentName({ timeline: wal.timeline, number }, server.walSegmentBytes);
  const keys = await listStoredWal(store, server.systemIdentifier, signal);
  const needed = new Set([...keys].flatMap(([name, key]) => (name >= first ? [key] : [])));
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  for await (const object of store.list(`wal/${server.systemIdentifier}/`, signal))
    if (needed.has(object.key)) bytes += object.bytes;
  return bytes;
}
