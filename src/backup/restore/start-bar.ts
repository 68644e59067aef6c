import { chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSetting, type Settings } from '../../postgres/index.js';
import { syncFile, syncFolder } from '../../store/index.js';

/**
 * A server that is started with its own configuration refuses to start, and its refusal names this folder; the restore itself gives the
 * folder of the sockets on the command line, which wins. No comma: that would begin a second folder.
 */
export const startBar: Settings = {
  unix_socket_directories: '/half-made by firedrill restore: see the note beside this cluster',
};

/** From now on the cluster can be started by anybody. What else its configuration says is left as it is. */
export async function liftBar(dataDirectory: string): Promise<void> {
  const bars = Object.entries(startBar).map(formatSetting);
  for (const name of ['postgresql.auto.conf', 'postgresql.conf']) {
    const path = join(dataDirectory, name);
    const text = await readFile(path, 'utf8').catch(() => null);
    const kept = text?.split('\n').filter((line) => !bars.includes(line));
    if (text === null || kept === undefined || kept.length === text.split('\n').length) continue;
    const { uid, gid, mode } = await stat(path);
    // Another name first: a configuration that a crash has cut short keeps the server from starting.
    await writeFile(`${path}.firedrill`, kept.join('\n'), { mode: mode & 0o777 });
    await chown(`${path}.firedrill`, uid, gid);
    await syncFile(`${path}.firedrill`);
    await rename(`${path}.firedrill`, path);
  }
  await syncFolder(dataDirectory);
}
