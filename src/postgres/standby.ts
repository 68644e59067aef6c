import { appendFile, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';
import { connectTo } from './connect.js';
import { makeOwnedDirectory } from './prepare-directories.js';
import { sqlState } from './query-failure.js';
import { quoteName } from './quote.js';
import { runTool } from './run-tool.js';
import { formatSetting, type Settings } from './settings.js';
import type { PostgresTools } from './tools.js';

export interface StandbyRequest {
  readonly tools: PostgresTools;
  /** Whom it follows, at the address by which the standby reaches it. */
  readonly primary: ClusterLocation;
  readonly standby: ClusterLocation;
  /** Physical slot on the primary that keeps the log for it; must exist. */
  readonly slot: string;
  readonly signal?: AbortSignal;
}

/** Copies a primary into the empty place of a standby, with the log it needs, ready to be started. */
export async function copyAsStandby(request: StandbyRequest): Promise<void> {
  const { tools, primary, standby, slot, signal } = request;
  await makeOwnedDirectory(standby.dataDirectory, standby.account);
  await makeOwnedDirectory(standby.socketDirectory, standby.account);
  const args = ['-D', standby.dataDirectory, '-X', 'stream', '-S', slot, '--checkpoint=fast', '-w'];
  await runTool(tools, 'pg_basebackup', args, { location: primary, signal });
  await followPrimary(request);
}

/** Makes a stopped cluster start as a standby of `primary`. Last line wins in postgresql.auto.conf. */
export async function followPrimary({ primary, standby, slot }: StandbyRequest): Promise<void> {
  const auto = join(standby.dataDirectory, 'postgresql.auto.conf');
  const before = await readFile(auto, 'utf8').catch(() => '');
  const kept = before
    .split('\n')
    .filter((line) => !/^\s*(primary_|recovery_|hot_standby|restore_command.*# firedrill)/.test(line));
  const lines = Object.entries(followSettings(primary, standby, slot)).map(formatSetting);
  await writeFile(auto, [...kept, ...lines, ''].join('\n'));
  const signal = join(standby.dataDirectory, 'standby.signal');
  await appendFile(signal, '');
  if (standby.account) await chown(signal, standby.account.uid, standby.account.gid);
}

function followSettings(primary: ClusterLocation, standby: ClusterLocation, slot: string): Settings {
  const passfile = standby.passfile === null ? '' : ` passfile=${quoted(standby.passfile)}`;
  const { host, port, user } = primary;
  return {
    hot_standby: 'on',
    primary_conninfo: `host=${quoted(host)} port=${port} user=${quoted(user)}${passfile} application_name=${slot}`,
    primary_slot_name: slot,
    recovery_target_timeline: 'latest',
  };
}

/** A value of a libpq connection string. */
const quoted = (value: string) => `'${value.replace(/[\\']/g, '\\$&')}'`;

/**
 * What pg_rewind needs of the server that it is to follow, and to be done before anything is stopped: until its first checkpoint a promoted
 * server's files name the old timeline, and pg_rewind (before version 16) then finds nothing to do. Rejects with `refused` for a role that
 * may make none.
 */
export async function prepareRewind(primary: ClusterLocation): Promise<void> {
  const session = await connectTo(primary, { applicationName: 'firedrill rewind' });
  try {
    await session.query('checkpoint');
  } catch (cause) {
    if (sqlState(cause) !== '42501') throw cause;
    const { user, host, port } = primary;
    throw new Failure(
      'refused',
      `${user} may make no checkpoint on ${host}:${port}, and without one pg_rewind can find nothing to do`,
      {
        hint: `Nothing was stopped. Type \`GRANT pg_checkpoint TO ${quoteName(user)};\` there as superuser (before version 15 only a superuser may), or have it copied afresh: \`copy: true\`.`,
        cause,
      },
    );
  } finally {
    await session.end();
  }
}

/**
 * Takes a stopped former primary back to where the new one's timeline begins. Rejects with `exit-code`, and pg_rewind's own words,
 * when that is not possible: then its place needs a fresh copy. `prepareRewind` comes first.
 */
export async function rewindCluster(request: StandbyRequest): Promise<void> {
  const { tools, primary, standby, signal } = request;
  const { host, port, user } = primary;
  const source = `host=${quoted(host)} port=${port} user=${quoted(user)} dbname=postgres`;
  const args = ['--target-pgdata', standby.dataDirectory, '--source-server', source];
  await runTool(tools, 'pg_rewind', args, { location: primary, signal });
}

/** Makes a standby a primary and waits until it takes writes. Rejects with `refused` for one that is none, with `timeout`. */
export async function promoteStandby(
  standby: ClusterLocation,
  timeoutMs: number,
): Promise<{ readonly replayedTo: string | null; readonly durationMs: number }> {
  const session = await connectTo(standby, { applicationName: 'firedrill promotion' });
  try {
    const [before] = await session.query(
      'select pg_is_in_recovery() as recovering, pg_last_wal_receive_lsn()::text as received',
    );
    if (before?.['recovering'] !== true)
      throw new Failure('refused', `${standby.host}:${standby.port} is no standby: it takes writes already`);
    const startedAt = performance.now();
    const [done] = await session.query('select pg_promote(true, $1) as promoted', [
      Math.ceil(timeoutMs / 1000),
    ]);
    if (done?.['promoted'] !== true)
      throw new Failure(
        'timeout',
        `${standby.host}:${standby.port} did not become a primary within ${timeoutMs / 1000} s`,
      );
    const [after] = await session.query('select pg_last_wal_replay_lsn()::text as replayed');
    const replayedTo = after?.['replayed'];
    return {
      replayedTo: typeof replayedTo === 'string' ? replayedTo : null,
      durationMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    await session.end();
  }
}
