import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject } from '../../base/index.js';
import { endOrphans, isAlive, processIdentity, type ProcessIdentity } from '../../children/index.js';
import { findPostmaster, killCluster } from '../../postgres/index.js';

/** Scratch of a process of ours that is gone: copies of production data, maybe with a server on them; or sockets of a server that is. */
export interface LeftScratch {
  readonly directory: string;
  readonly pid: number;
  /** In words. */
  readonly why: string;
}

const noteName = 'owner.json';
const childrenName = 'children';
/** Beginning of a folder for the sockets of a restored cluster that stays. */
export const socketsName = 'firedrill-sockets-';

/** Below `FIREDRILL_SCRATCH`, else `/var/tmp`: a test restore needs as much room as the database, which `/tmp` may not have. */
export function scratchRoot(): string {
  return process.env['FIREDRILL_SCRATCH'] ?? '/var/tmp';
}

/** Short, whatever the environment says: a socket's path has an end. */
export function socketRoot(): string {
  return existsSync('/tmp') ? '/tmp' : tmpdir();
}

/** Where the programs of a scratch folder's owner are noted, to be ended when it is gone. */
export const childrenIn = (directory: string): string => join(directory, childrenName);

/** Notes whose folder it is, before anything lies in it. */
export async function claimScratch(directory: string): Promise<void> {
  await writeOwner(directory, {});
}

/** The same for the sockets of a cluster that goes on running when its restore has ended. */
export async function claimSockets(directory: string, dataDirectory: string): Promise<void> {
  await writeOwner(directory, { serves: dataDirectory });
}

async function writeOwner(directory: string, more: { readonly serves?: string }): Promise<void> {
  const owner = { host: hostname(), process: processIdentity(process.pid), ...more };
  await writeFile(join(directory, noteName), JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
}

/** What dead processes left below the roots. One that lives, that is another user's or another machine's is never looked into. */
export async function leftScratch(): Promise<LeftScratch[]> {
  const left: LeftScratch[] = [];
  for (const [root, begin] of [
    [scratchRoot(), 'firedrill-'],
    [socketRoot(), socketsName],
  ] as const) {
    for (const name of (await readdir(root).catch((): string[] => [])).sort()) {
      const directory = join(root, name);
      if (!name.startsWith(begin) || left.some((one) => one.directory === directory)) continue;
      const note = (await isOurs(directory)) ? await readOwner(join(directory, noteName)) : null;
      if (note === null || isAlive(note.owner)) continue;
      const { owner, serves } = note;
      if (serves !== null && (await findPostmaster(serves)) !== null) continue;
      const why = serves === null ? `process ${owner.pid} that made it is gone` : `nothing runs on ${serves}`;
      left.push({ directory, pid: owner.pid, why });
    }
  }
  return left;
}

/**
 * Ends what the dead process had started there, each by its recorded identity, and removes the folder. Returns what was done, a line
 * each.
 */
export async function removeLeft({ directory, pid, why }: LeftScratch): Promise<string[]> {
  const said: string[] = [];
  for (const one of await endOrphans(childrenIn(directory)))
    said.push(`ended ${one}, left by process ${pid}`);
  for (const dataDirectory of await clustersBelow(directory)) {
    const [server] = await killCluster({ dataDirectory });
    if (server !== undefined)
      said.push(`ended the server on ${dataDirectory} (process ${server}), left by process ${pid}`);
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  return [...said, `removed ${directory}: ${why}`];
}

/** The root is everybody's: only a folder that nobody else can have made or can write into is believed. */
async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

interface OwnerNote {
  readonly owner: ProcessIdentity;
  /** Data directory of the server whose sockets they are; null: it is scratch. */
  readonly serves: string | null;
}

async function readOwner(note: string): Promise<OwnerNote | null> {
  try {
    const value: unknown = JSON.parse(await readFile(note, 'utf8'));
    if (!isJsonObject(value) || value['host'] !== hostname() || !isJsonObject(value['process'])) return null;
    const { pid, startTicks, bootId } = value['process'];
    if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string') return null;
    const { serves } = value;
    return { owner: { pid, startTicks, bootId }, serves: typeof serves === 'string' ? serves : null };
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
