import { realpath, stat } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { textColumn } from './column.js';
import { connectTo } from './connect.js';
import { findPostmaster } from './postmaster.js';
import { sqlState } from './query-failure.js';
import type { Session } from './session.js';

/**
 * What tells one running server from every other. `systemIdentifier` alone does not: a standby and every physical restore
 * share it with their origin.
 */
export interface Fingerprint {
  /** 64 bits as decimal text. */
  readonly systemIdentifier: string;
  /** Real path, symbolic links followed. */
  readonly dataDirectory: string;
  readonly inode: number;
  /** Null when the data directory is not on this machine. */
  readonly postmasterPid: number | null;
  readonly postmasterStart: string;
  readonly host: string;
  readonly port: number;
  readonly timeline: number;
  readonly inRecovery: boolean;
}

/** Rejects with `unavailable` when the server does not answer, `refused` when another data directory answers at its address. */
export async function readFingerprint(location: ClusterLocation): Promise<Fingerprint> {
  const session = await connectToAny(location);
  try {
    // While in recovery the WAL file name is refused; after it, the control file still shows the old timeline for a while.
    const [row] = await session.query(`
      select (select system_identifier::text from pg_control_system()) as system,
             current_setting('data_directory') as directory,
             pg_postmaster_start_time()::text as started,
             pg_is_in_recovery() as recovering,
             case when pg_is_in_recovery()
                  then (select greatest(timeline_id, nullif(min_recovery_end_timeline, 0))
                          from pg_control_checkpoint(), pg_control_recovery())::int8
                  else ('x' || lpad(substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), 16, '0'))::bit(64)::int8
             end as timeline`);
    const says = textColumn(row, 'directory');
    const found = await locate(location, says);
    return {
      systemIdentifier: textColumn(row, 'system'),
      ...found,
      postmasterStart: textColumn(row, 'started'),
      host: location.host,
      port: location.port,
      timeline: Number(row?.['timeline']),
      inRecovery: row?.['recovering'] === true,
    };
  } finally {
    await session.end();
  }
}

/** A fingerprint is of the server: a database that was closed or dropped must not keep anybody from telling which one it is. */
async function connectToAny(location: ClusterLocation): Promise<Session> {
  const options = { applicationName: 'firedrill fingerprint', readOnly: true, statementTimeoutMs: 10_000 };
  return connectTo(location, options).catch(async (failure: unknown) => {
    // 3D000: there is no such database; 55000: it takes no connections now.
    if (!['3D000', '55000'].includes(sqlState(failure) ?? '')) throw failure;
    return connectTo(location, { ...options, database: 'postgres' });
  });
}

async function locate(
  location: ClusterLocation,
  says: string,
): Promise<Pick<Fingerprint, 'dataDirectory' | 'inode' | 'postmasterPid'>> {
  const [expected, actual] = await Promise.all([resolved(location.dataDirectory), resolved(says)]);
  if (actual === null) return { dataDirectory: says, inode: 0, postmasterPid: null };
  if (expected !== null && expected.path !== actual.path) {
    throw new Failure(
      'refused',
      `the server at ${location.host}:${location.port} runs on ${actual.path}, not on ${expected.path}`,
    );
  }
  const postmaster = await findPostmaster(actual.path);
  return { dataDirectory: actual.path, inode: actual.inode, postmasterPid: postmaster?.pid ?? null };
}

async function resolved(directory: string): Promise<{ path: string; inode: number } | null> {
  try {
    const path = await realpath(directory);
    return { path, inode: (await stat(path)).ino };
  } catch {
    return null;
  }
}
