import { chmod, lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { requireEmptyTarget } from '../../postgres/index.js';
import { claimSockets, socketRoot, socketsName } from './left-scratch.js';

/** Where a restored cluster that stays has its sockets, its log and the program that fetched its WAL. */
export interface SocketPlace {
  readonly socketDirectory: string;
  /** What somebody who removes the cluster removes with it. */
  readonly goesWithIt: string;
  /** For a restore that failed: everything of it, and nothing that was there before. */
  remove(): Promise<void>;
}

/** Of the whole path, a port of five digits included (sys/un.h: 104 to 108 bytes with the final zero). */
const socketPathBytes = 103;

/** What a restore and its server leave there, and nobody else. */
const ours =
  /^(restore-wal(\.env)?|restore\.pass|globals(-last)?\.sql|initdb-[0-9a-f]+|pgbackrest|postgresql\.log|\.s\.PGSQL\.\d+(\.lock)?)$/;

/**
 * Beside the data directory: whoever stops the server, starts it again or removes it finds all of it in one place. Where that path is too
 * long for a socket it is a folder for temporary files, which the next command removes once nothing runs on the cluster. Rejects with
 * `refused` when the target is not empty, or something else stands beside it.
 */
export async function socketPlace(dataDirectory: string): Promise<SocketPlace> {
  // A second restore into the folder of the first must not take the sockets of a server that runs.
  await requireEmptyTarget(dataDirectory);
  const beside = `${dataDirectory}.run`;
  if (Buffer.byteLength(`${beside}/.s.PGSQL.65535`) <= socketPathBytes) {
    await removeStale(beside);
    return {
      ...{ socketDirectory: beside, goesWithIt: beside },
      remove: async () => rm(beside, { recursive: true, force: true }),
    };
  }
  const made = await mkdtemp(join(socketRoot(), socketsName));
  await claimSockets(made, dataDirectory);
  await chmod(made, 0o711);
  return {
    ...{ socketDirectory: join(made, 'run'), goesWithIt: made },
    remove: async () => rm(made, { recursive: true, force: true }),
  };
}

/** That of a cluster which was removed without it. */
async function removeStale(directory: string): Promise<void> {
  const found = await lstat(directory).catch(() => null);
  if (found === null) return;
  const names = found.isDirectory() ? await readdir(directory) : [''];
  if (!names.every((name) => ours.test(name)))
    throw new Failure('refused', `${directory} exists already, and nothing is overwritten`, {
      hint: 'Choose another folder for --into: the sockets of its server lie beside it, under its name and `.run`.',
    });
  await rm(directory, { recursive: true, force: true });
}
