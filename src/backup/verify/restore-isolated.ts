import { rm } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { killCluster, type ClusterLocation } from '../../postgres/index.js';
import { restoreLogical } from '../logical/restore-logical.js';
import { restoreRepository } from '../pgbackrest/restore-repository.js';
import { continueToLatest } from '../physical/continue-recovery.js';
import { restoreBackup } from '../physical/restore-backup.js';
import { requireKind, type StagedSet } from '../set/backup-set.js';
import type { VerifyRequest } from './verify-request.js';

/** An isolated cluster that holds what the set's expectation describes. */
export interface IsolatedCluster {
  readonly restoreMs: number;
  /** How, in words for the report. */
  readonly said: string;
  /** Where the log goes on from here: takes the cluster to its end. Null where nothing follows. */
  readonly goOn: (() => Promise<{ readonly durationMs: number; readonly said: string }>) | null;
}

/**
 * Restores the set beside everything, as far as its expectation was taken: `compare` stays there, read only, and can go on to the
 * end of the log; `use` makes it a server that takes writes.
 */
export async function restoreIsolated(
  request: VerifyRequest,
  set: StagedSet,
  walDirectory: string | null,
  purpose: 'compare' | 'use',
): Promise<IsolatedCluster> {
  const { tools, scratch, passwordFrom, signal, output, progress } = request;
  const common = {
    ...{ tools, into: scratch },
    ...(passwordFrom === undefined ? {} : { passwordFrom }),
    ...(signal === undefined ? {} : { signal }),
    ...(output === undefined ? {} : { output }),
  };
  const goOn = async () => {
    const latest = await continueToLatest({ tools, location: scratch, signal });
    return { durationMs: latest.durationMs, said: `and on to ${latest.recoveredTo}` };
  };
  switch (set.manifest.kind) {
    case 'logical': {
      const logical = requireKind(set, 'logical');
      const { durationMs, databases, said } = await restoreLogical({
        ...{ ...common, set: logical },
        ...(progress === undefined ? {} : { progress }),
      });
      const [warning] = said;
      if (warning !== undefined) throw new Failure('check', `the restore was not silent: ${warning}`);
      return { restoreMs: durationMs, said: `${databases.length} databases`, goOn: null };
    }
    case 'physical': {
      if (walDirectory === null) throw new Failure('check', `there is no WAL to restore ${set.id} with`);
      const physical = requireKind(set, 'physical');
      const restored = await restoreBackup({
        ...{ ...common, set: physical, walDirectory, isolate: true },
        until: { lsn: physical.manifest.wal.expectationLsn },
        pauseAtTarget: purpose === 'compare',
      });
      return { restoreMs: restored.durationMs, said: `to ${restored.recoveredTo}`, goOn };
    }
    case 'pgbackrest': {
      const { repository } = request;
      if (repository === undefined)
        throw new Failure('check', `no repository was given to restore ${set.id} from`);
      const kept = requireKind(set, 'pgbackrest');
      const restored = await restoreRepository({
        ...{ ...common, repository, set: kept, isolate: true },
        until: { lsn: kept.manifest.wal.expectationLsn },
        pauseAtTarget: purpose === 'compare',
      });
      return { restoreMs: restored.durationMs, said: `to ${restored.recoveredTo}`, goOn };
    }
  }
}

/** Where a log that was shipped is fetched to: the server reads it itself, and cannot see into the folder of the fetched files. */
export const shippedWalIn = (scratch: ClusterLocation): string => `${scratch.dataDirectory}.wal`;

/** Ends the cluster and removes all of it. */
export async function removeIsolated(scratch: ClusterLocation): Promise<void> {
  await killCluster(scratch);
  const folders = [
    ...[scratch.dataDirectory, `${scratch.dataDirectory}.tablespaces`, shippedWalIn(scratch)],
    scratch.socketDirectory,
  ];
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
