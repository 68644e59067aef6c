import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../base/index.js';
import { isAlive, processIdentity, type ProcessIdentity } from '../../children/index.js';
import { killCluster, type ClusterLocation } from '../../postgres/index.js';

const noteIn = (directory: string): string => join(directory, 'owner.json');

/** Says whose scratch folder it is, so that another process can tell one in use from one that was left. */
export async function noteScratch(directory: string): Promise<void> {
  await writeFile(noteIn(directory), JSON.stringify(processIdentity(process.pid)), {
    mode: 0o600,
    flag: 'wx',
  });
}

/**
 * Ends and removes what killed processes left below `root`: folders of this account whose note names a process that is gone. One
 * without a readable note is left alone. Returns the folders that were removed.
 */
export async function removeLeftScratch(root: string, like: ClusterLocation): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    if (!/^firedrill-[A-Za-z0-9]{6}$/.test(name)) continue;
    const directory = join(root, name);
    const found = await lstat(directory).catch(() => null);
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    const owner = await ownerOf(directory);
    if (owner === null || isAlive(owner)) continue;
    await killCluster({ ...like, dataDirectory: join(directory, 'data') });
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    removed.push(directory);
  }
  return removed;
}

async function ownerOf(directory: string): Promise<ProcessIdentity | null> {
  try {
    const value: unknown = JSON.parse(await readFile(noteIn(directory), 'utf8'));
    if (!isJsonObject(value)) return null;
    const { pid, startTicks, bootId } = value;
    if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string') return null;
    return { pid, startTicks, bootId };
  } catch {
    return null;
  }
}
