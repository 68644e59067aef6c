import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Failure } from '../base/index.js';
import {
  connectTo,
  findPostmaster,
  killCluster,
  readFingerprint,
  sqlState,
  textColumn,
  textOrNull,
  type ClusterLocation,
} from '../postgres/index.js';
import {
  readServerLoss,
  writeServerLoss,
  type FailedWrite,
  type LivingServer,
  type ServerLoss,
} from './lost-server-truth.js';
import { requireInside } from './require-inside.js';

export interface ServerLossRequest {
  readonly location: ClusterLocation;
  /** Nothing outside this folder is removed, but for the socket folder. */
  readonly allowedRoot: string;
  /** Folders for sockets that were made for clusters of the same owner: the server's must be one of them. */
  readonly socketFolders: readonly string[];
  /** Where the truth is kept, one file a fault: asking again with the same file never loses a second server. */
  readonly truthFile: string;
  /** Asked right before processes are ended, and again before files are removed; rejects to forbid it. */
  readonly confirm: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Loses a server as when its machine burns: every process is killed, children first, then its data directory is removed with
 * its WAL, its tablespaces, its sockets and its log; proven by a write that fails. Rejects with `check` when one still succeeds.
 */
export async function destroyServer(request: ServerLossRequest): Promise<ServerLoss> {
  const { location, allowedRoot, truthFile, confirm } = request;
  const begun = readServerLoss(truthFile);
  if (begun !== null && begun.provenAt !== null) return begun;
  if (begun !== null && begun.dataDirectory !== location.dataDirectory)
    throw new Failure(
      'refused',
      `the loss of ${begun.dataDirectory} was begun; ${location.dataDirectory} is another server`,
    );
  let loss = begun ?? (await planLoss(request));
  const keep = (change: Partial<ServerLoss>) => {
    loss = { ...loss, ...change };
    writeServerLoss(truthFile, loss);
  };
  keep({});
  // After a crash between the note and the kill the server lives, and is lost only now.
  if (loss.at === null || (await findPostmaster(location.dataDirectory)) !== null) {
    if (request.signal.aborted) throw new Failure('cancelled', 'losing the server was cancelled');
    await confirm();
    keep({ at: new Date().toISOString() });
    keep({ killed: await killCluster(location) });
  }
  if (loss.removedAt === null) {
    await confirm();
    for (const folder of loss.folders) await removeFolder(folder, location, allowedRoot);
    keep({ removedAt: new Date().toISOString() });
  }
  const failedWrite = await probeWrite(location);
  keep({ failedWrite, provenAt: new Date().toISOString() });
  return loss;
}

async function planLoss(request: ServerLossRequest): Promise<ServerLoss> {
  const { location, socketFolders, confirm } = request;
  await confirm();
  if (!socketFolders.includes(location.socketDirectory))
    throw new Failure('refused', `${location.socketDirectory} is no socket folder that may be removed`);
  const server = await askServer(location);
  return {
    v: 1,
    kind: 'lost-server',
    dataDirectory: location.dataDirectory,
    folders: [...(await filesOf(location.dataDirectory)), location.socketDirectory],
    server,
    plannedAt: new Date().toISOString(),
    at: null,
    killed: [],
    removedAt: null,
    failedWrite: null,
    provenAt: null,
  };
}

/** The data directory, and every folder outside it that its links lead to. */
async function filesOf(dataDirectory: string): Promise<string[]> {
  const inside = (await realpath(dataDirectory)) + sep;
  const spaces = await readdir(join(dataDirectory, 'pg_tblspc'));
  const links = ['pg_wal', ...spaces.map((name) => join('pg_tblspc', name))];
  const targets = await Promise.all(links.map((name) => realpath(join(dataDirectory, name))));
  return [dataDirectory, ...targets.filter((target) => !target.startsWith(inside))];
}

async function removeFolder(folder: string, location: ClusterLocation, allowedRoot: string): Promise<void> {
  const there = await lstat(folder).catch(() => null);
  if (there === null) return;
  if (folder !== location.socketDirectory) await requireInside(folder, allowedRoot);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function askServer(location: ClusterLocation): Promise<LivingServer> {
  const { systemIdentifier, timeline } = await readFingerprint(location);
  const session = await connectTo(location, { applicationName: 'firedrill fault', readOnly: true });
  try {
    const [row] = await session.query(
      `select pg_current_wal_flush_lsn()::text as written, current_setting('synchronous_standby_names') as names`,
    );
    const receivers = await session.query(
      `select application_name as name, state, sync_state as sync, flush_lsn::text as flushed from pg_stat_replication order by 1`,
    );
    return {
      systemIdentifier,
      timeline,
      writtenUpTo: textColumn(row, 'written'),
      synchronousStandbyNames: textColumn(row, 'names'),
      receivers: receivers.map((one) => ({
        name: textColumn(one, 'name'),
        state: textColumn(one, 'state'),
        sync: textColumn(one, 'sync'),
        flushedUpTo: textOrNull(one, 'flushed'),
      })),
    };
  } finally {
    await session.end();
  }
}

/** A real write: whether somebody listens says nothing, a deleted cluster goes on doing that for a while. */
async function probeWrite(location: ClusterLocation): Promise<FailedWrite> {
  try {
    const session = await connectTo(location, {
      applicationName: 'firedrill fault',
      connectTimeoutMs: 2000,
      statementTimeoutMs: 2000,
    });
    await session
      .query(`select pg_logical_emit_message(true, 'firedrill', 'write probe')`)
      .finally(() => session.end());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { at: new Date().toISOString(), sqlState: sqlState(error), message: error.message };
  }
  throw new Failure(
    'check',
    `a server at ${location.host}:${location.port} takes writes although ${location.dataDirectory} was removed`,
  );
}
