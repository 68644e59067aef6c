import { lstat } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { connectTo } from './connect.js';
import { findPostmaster } from './postmaster.js';

export interface ServerState {
  /** Whether it let us in and answered a query; that a port is open, or `pg_isready` says "accepting", proves nothing. */
  readonly answers: boolean;
  /** `not-known` where it is not on this machine, or nobody has said where it is. */
  readonly dataDirectory: 'present' | 'absent' | 'not-known';
  /** Why it does not answer; null when it does. */
  readonly silence: string | null;
  /** Of this machine; null when there is none. */
  readonly postmasterPid: number | null;
}

const patienceMs = 3000;

/** Asks a server a question that it cannot answer from memory alone, and looks for its files. Changes nothing. */
export async function lookAtServer(location: ClusterLocation): Promise<ServerState> {
  const [silence, dataDirectory, postmaster] = await Promise.all([
    askServer(location),
    findFiles(location.dataDirectory),
    findPostmaster(location.dataDirectory),
  ]);
  return {
    answers: silence === null,
    dataDirectory,
    silence,
    postmasterPid: postmaster?.pid ?? null,
  };
}

/** A new connection, because the files of a deleted cluster that a session has open stay readable to it. */
async function askServer(location: ClusterLocation): Promise<string | null> {
  try {
    const session = await connectTo(location, {
      applicationName: 'firedrill look',
      connectTimeoutMs: patienceMs,
      statementTimeoutMs: patienceMs,
      readOnly: true,
    });
    await session.query('select system_identifier from pg_control_system()').finally(() => session.end());
    return null;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

async function findFiles(dataDirectory: string): Promise<ServerState['dataDirectory']> {
  return lstat(dataDirectory).then(
    () => 'present',
    (cause: unknown) =>
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'absent' : 'not-known',
  );
}
