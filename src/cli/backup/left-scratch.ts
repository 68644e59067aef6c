import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isJsonObject } from '../../base/index.js';
import { endOrphans, isAlive, processIdentity, type ProcessIdentity } from '../../children/index.js';
import { findPostmaster, killCluster } from '../../postgres/index.js';

/** Scratch of a process of ours that is gone: copies of production data, maybe with a server on them. */
export interface LeftScratch {
  readonly directory: string;
  readonly pid: number;
}

const noteName = 'owner.json';
const childrenName = 'children';

/** Below `FIREDRILL_SCRATCH`, else `/var/tmp`: a test restore needs as much room as the database, which `/tmp` may not have. */
export function scratchRoot(): string {
  return process.env['FIREDRILL_SCRATCH'] ?? '/var/tmp';
}

/** Where the programs of a scratch folder's owner are noted, to be ended when it is gone. */
export const childrenIn = (directory: string): string => join(directory, childrenName);

/** Notes whose folder it is, before anything lies in it. */
export async function claimScratch(directory: string): Promise<void> {
  const owner = { host: hostname(), process: processIdentity(process.pid) };
  await writeFile(join(directory, noteName), JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
}

/** What dead processes left below the root. One that lives, that is another user's or another machine's is never looked into. */
export async function leftScratch(): Promise<LeftScratch[]> {
  const left: LeftScratch[] = [];
  for (const name of (await readdir(scratchRoot()).catch((): string[] => [])).sort()) {
    if (!name.startsWith('firedrill-')) continue;
    const directory = join(scratchRoot(), name);
    const owner = (await isOurs(directory)) ? await readOwner(join(directory, noteName)) : null;
    if (owner !== null && !isAlive(owner)) left.push({ directory, pid: owner.pid });
  }
  return left;
}

/**
 * Ends what the dead process had started there, each by its recorded identity, and removes the folder. Returns what was done, a line
 * each.
 */
export async function removeLeft({ directory, pid }: LeftScratch): Promise<string[]> {
  const said: string[] = [];
  for (const one of await endOrphans(childrenIn(directory)))
    said.push(`ended ${one}, left by process ${pid}`);
  for (const dataDirectory of await clustersBelow(directory)) {
    const [server] = await killCluster({ dataDirectory });
    if (server !== undefined)
      said.push(`ended the server on ${dataDirectory} (process ${server}), left by process ${pid}`);
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  return [...said, `removed ${directory}: process ${pid} that made it is gone`];
}

/** The root is everybody's: only a folder that nobody else can have made or can write into is believed. */
async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

async function readOwner(note: string): Promise<ProcessIdentity | null> {
  try {
    const value: unknown = JSON.parse(await readFile(note, 'utf8'));
    if (!isJsonObject(value) || value['host'] !== hostname() || !isJsonObject(value['process'])) return null;
    const { pid, startTicks, bootId } = value['process'];
    if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string') return null;
    return { pid, startTicks, bootId };
  } catch {
    return null;
  }
}

/** Data directories with a live server; links are not followed, and data directories not walked through. */
async function clustersBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.name === 'PG_VERSION'))
    return (await findPostmaster(directory)) === null ? [] : [directory];
  const found: string[] = [];
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await clustersBelow(join(directory, entry.name))));
  return found;
}
