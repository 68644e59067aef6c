import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { stopObjectStore } from '../object-store/index.js';
import { endStrays } from '../stray-servers.js';
import type { ImmutableState } from './immutable-state.js';

const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'monmaptool'];

/** Ends the object store, also one that an engine was killed over while it was made, and removes its folder; false: there is none. */
export async function removeImmutable(immutable: ImmutableState | undefined): Promise<boolean> {
  if (immutable === undefined || !existsSync(immutable.directory)) return false;
  const { directory } = immutable;
  // Those that were not noted yet first: they would go on writing into what is removed.
  await endStrays([directory], programs);
  await stopObjectStore(directory);
  // Killed before its settings were written: the lab's own note says whose folder it is.
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  return true;
}
