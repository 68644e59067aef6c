import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connectTo, type ClusterLocation, type PostgresTools, type Session } from '../../postgres/index.js';
import type { StagedSet } from '../set/backup-set.js';
import type { PhysicalManifest } from '../set/manifest.js';
import { requireFreePlace } from '../verify/require-free-place.js';
import { removeIsolated } from '../verify/restore-isolated.js';
import { restoreBackup } from './restore-backup.js';

export interface SetAloneRequest {
  readonly tools: PostgresTools;
  readonly set: StagedSet<PhysicalManifest>;
  readonly walDirectory: string;
  /** A place where nothing stands: all that is made there is removed again. */
  readonly scratch: ClusterLocation;
  readonly passwordFrom: ClusterLocation;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

/**
 * Restores a set beside everything, up to its own end and not a record further: what there would be without any log since. `read`
 * gets a session on it, read only; when this returns or rejects nothing of it is left.
 */
export async function withSetAlone<T>(
  request: SetAloneRequest,
  read: (session: Session) => Promise<T>,
): Promise<{ readonly value: T; readonly restoreMs: number }> {
  const { scratch, set } = request;
  await requireFreePlace(scratch);
  const { passfile } = scratch;
  // One that is there already belongs to somebody: other clusters may be reached through it.
  const ownPassfile = passfile !== null && !existsSync(passfile) ? passfile : null;
  try {
    const { durationMs } = await restoreBackup({
      ...request,
      into: scratch,
      until: { lsn: set.manifest.wal.stopLsn },
      isolate: true,
      pauseAtTarget: true,
    });
    const session = await connectTo(scratch, { applicationName: 'firedrill set alone', readOnly: true });
    const value = await read(session).finally(() => session.end());
    return { value, restoreMs: durationMs };
  } finally {
    await removeIsolated(scratch);
    if (ownPassfile !== null) await rm(ownPassfile, { force: true });
  }
}
