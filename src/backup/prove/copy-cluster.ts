import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { runChild } from '../../children/index.js';
import {
  killCluster,
  makeOwnedDirectory,
  startCluster,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';

/** Copies a folder with owners and modes; where the file system can, no byte is copied before it is changed. */
async function copyFolder(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const sharing = process.platform === 'linux' ? ['--reflink=auto'] : [];
  const { exitCode, cancelled, tail } = await runChild({
    ...{ file: 'cp', args: ['-a', ...sharing, '--', from, to] },
    ...(signal === undefined ? {} : { signal }),
  });
  if (cancelled) throw new Failure('cancelled', `copying ${from} was cancelled`);
  if (exitCode !== 0) throw new Failure('exit-code', `cp could not copy ${from}: ${tail.at(-1) ?? ''}`);
}

/** Copies a stopped cluster, tablespaces too: nothing that happens to the copy reaches what it was made of. */
export async function copyCluster(
  from: ClusterLocation,
  to: ClusterLocation,
  signal?: AbortSignal,
): Promise<void> {
  await copyFolder(from.dataDirectory, to.dataDirectory, signal);
  const links = join(to.dataDirectory, 'pg_tblspc');
  const own = `${to.dataDirectory}.tablespaces`;
  for (const name of await readdir(links)) {
    await mkdir(own, { recursive: true });
    await copyFolder(await readlink(join(links, name)), join(own, name), signal);
    await rm(join(links, name));
    await symlink(join(own, name), join(links, name));
  }
  if (to.account !== null && (await readdir(links)).length > 0) await makeOwnedDirectory(own, to.account);
}

/** Its content is thrown away: nothing has to survive a power failure. */
export async function startCopy(tools: PostgresTools, location: ClusterLocation): Promise<void> {
  await startCluster(tools, location, { settings: { fsync: 'off', full_page_writes: 'off' } });
}

export async function removeCopy(location: ClusterLocation): Promise<void> {
  await killCluster(location);
  const folders = [location.dataDirectory, `${location.dataDirectory}.tablespaces`, location.socketDirectory];
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
