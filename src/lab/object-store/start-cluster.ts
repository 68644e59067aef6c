import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { isAlive } from '../../children/index.js';
import type { CephPrograms } from './ceph-programs.js';
import type { CephPlace } from './ceph-settings.js';
import { endNoted, findProcess, noteProcess } from './processes.js';

/** Between two looks at whether the storage daemon is up. */
const lookEveryMs = 20;
const deadlineMs = 60_000;

/** Makes and starts the monitor and the storage daemon; resolves when data can be stored. */
export async function startCluster(
  programs: CephPrograms,
  place: CephPlace,
  signal?: AbortSignal,
): Promise<void> {
  const map = join(place.directory, 'monmap');
  const address = `[v1:127.0.0.1:${place.monitorPort}]`;
  await programs.run('monmaptool', ['--create', '--addv', 'a', address, '--fsid', place.fsid, map], signal);
  await programs.run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map], signal);
  noteProcess(place.directory, 'monitor', await programs.start('ceph-mon', ['-f', '-i', 'a']));
  const id = randomUUID();
  await programs.run('ceph', ['--connect-timeout', '20', 'osd', 'new', id], signal);
  await programs.run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', id], signal);
  await startStorage(programs, place.directory, signal);
}

/**
 * A storage daemon that starts while the monitor is still deciding about it may end with `wrong fsid`: then the same start a
 * moment later succeeds. So it is watched until the monitor calls it up, and started again when it died.
 */
export async function startStorage(
  programs: CephPrograms,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  const isUp = async () => / 1 up\b/.test(await programs.run('ceph', ['osd', 'stat'], signal));
  const start = async () => {
    const storage = await programs.start('ceph-osd', ['-f', '-i', '0']);
    noteProcess(directory, 'storage', storage);
    return storage;
  };
  let storage = await start();
  while (!(await isUp()) || !isAlive(storage)) {
    if (performance.now() > deadline) {
      throw new Failure('timeout', `the storage daemon was not up within ${deadlineMs / 1000} s`, {
        hint: `Read its log: \`tail ${join(directory, 'log', 'osd.0.log')}\`.`,
      });
    }
    if (findProcess(directory, 'monitor') === null) {
      throw new Failure('unavailable', 'the monitor of the object store ended while it was being started', {
        hint: `Read its log: \`tail ${join(directory, 'log', 'mon.a.log')}\`.`,
      });
    }
    if (!isAlive(storage)) {
      await endNoted(directory, 'storage');
      storage = await start();
    }
    await delay(lookEveryMs, undefined, signal === undefined ? {} : { signal });
  }
}
