import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { noteChildrenIn } from '../../children/index.js';
import { freePort, type ClusterLocation } from '../../postgres/index.js';
import { childrenIn, claimScratch, scratchRoot } from './left-scratch.js';

/** A folder for an isolated cluster and for what is fetched; gone, with everything in it, after the work. */
export interface ScratchPlace {
  readonly cluster: ClusterLocation;
  readonly stagingDirectory: string;
}

/** Makes one below `scratchRoot()`, with a note whose it is: what a killed process leaves there is removed by the next one. */
export async function withScratch<T>(
  like: ClusterLocation,
  work: (place: ScratchPlace) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(scratchRoot(), 'firedrill-')).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new Failure(
      'unavailable',
      `no folder for what is fetched can be made in ${scratchRoot()}: ${code}`,
      {
        hint: 'Name another place, with as much room as the database, in FIREDRILL_SCRATCH.',
        ...{ retryable: false, cause },
      },
    );
  });
  await claimScratch(directory);
  const forgetChildren = noteChildrenIn(childrenIn(directory));
  const stagingDirectory = join(directory, 'staging');
  // The server's account must be able to pass; what is private below closes itself.
  await mkdir(stagingDirectory);
  for (const folder of [directory, stagingDirectory]) await chmod(folder, 0o711);
  try {
    return await work({
      cluster: {
        dataDirectory: join(directory, 'data'),
        socketDirectory: join(directory, 'run'),
        host: '127.0.0.1',
        port: await freePort(),
        user: like.user,
        database: like.database,
        account: like.account,
        passfile: like.passfile === null ? null : join(directory, 'scratch.pass'),
      },
      stagingDirectory,
    });
  } finally {
    forgetChildren();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
