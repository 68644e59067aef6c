import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attackStore, type AttemptRecord, type KeptVersion, type Thief } from '../../damage/index.js';
import { Failure } from '../../base/index.js';
import type { Lab } from '../lab.js';
import { liesInside } from '../containment.js';
import { allowWriter, credentialsFileOf, objectStoreProcess } from '../object-store/index.js';
import { immutableOf, ownerStore, writerCredentials } from './places.js';

/**
 * Tries to destroy the immutable copy with stolen keys. Rejects with `refused` unless the server that answers is the one that this
 * lab made and that still runs.
 */
export async function attackOutside(
  lab: Lab,
  thief: Thief,
  before: readonly KeptVersion[],
  signal: AbortSignal,
): Promise<AttemptRecord[]> {
  const { endpoint, region, bucket, directory, recoverFrom: prefix } = immutableOf(lab.state());
  const { hostname } = new URL(endpoint);
  if (hostname !== '127.0.0.1' || objectStoreProcess(directory, 'gateway') === null)
    throw new Failure(
      'refused',
      `refused to attack ${endpoint}: it is not the running object store of this lab`,
      {
        hint: 'Nothing was changed. Make the lab anew.',
      },
    );
  const file = thief === 'writer' ? writerCredentials(lab.paths) : credentialsFileOf(directory, 'admin');
  return attackStore({
    ...{ endpoint, region, bucket, prefix, thief, before, signal, credentialsFile: file },
    look: ownerStore(lab.state()),
    // What the host put belongs to the host's user: without the policy the owner may not read it, but may set the policy again.
    mend: () => allowWriter(endpoint, credentialsFileOf(directory, 'admin'), bucket),
  });
}

/** Removes the copies on the host itself, as whoever has the host can: sets and log; resolves to their names. */
export async function removeLocalCopies(lab: Lab): Promise<string[]> {
  const removed: string[] = [];
  for (const folder of [lab.paths.backups, lab.paths.wal]) {
    if (!(await liesInside(lab.directory, folder)))
      throw new Failure('refused', `refused to empty ${folder}: it leads out of the lab`);
    for (const name of await readdir(folder)) {
      await rm(join(folder, name), { recursive: true, force: true });
      removed.push(join(folder.slice(lab.directory.length + 1), name));
    }
  }
  return removed;
}
