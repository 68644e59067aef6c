import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { canonicalJson, Failure, isJsonObject } from '../../base/index.js';
import { isAlive, processIdentity, type ProcessIdentity } from '../../children/index.js';
import { freePort, killCluster, type ClusterLocation } from '../../postgres/index.js';
import { syncFile, syncFolder } from '../../store/index.js';
import { spacesOf } from './move-cluster.js';
import { stampedName } from './stamped-name.js';

/** A cluster that is being restored beside the one that it is to replace. The note lies beside it as long as it is half made. */
interface HalfRestored {
  readonly format: 'firedrill-half-restored-1';
  /** The data directory that it is to replace. */
  readonly dataDirectory: string;
  readonly port: number;
  readonly process: ProcessIdentity | null;
}

const ending = '.firedrill-half-restored.json';

/** A place beside a cluster, on the same file system, noted before anything is made there. */
export async function noteHalfRestored(current: ClusterLocation, at: Date): Promise<ClusterLocation> {
  const parent = dirname(current.dataDirectory);
  const side = sideAt(current, join(parent, stampedName(basename(current.dataDirectory), 'restore', at)));
  const place = { ...side, port: await freePort() };
  const note: HalfRestored = {
    format: 'firedrill-half-restored-1',
    dataDirectory: current.dataDirectory,
    port: place.port,
    process: processIdentity(process.pid),
  };
  const file = `${place.dataDirectory}${ending}`;
  await writeFile(file, canonicalJson(note), { mode: 0o600, flag: 'wx' });
  await syncFile(file);
  await syncFolder(parent);
  return place;
}

function sideAt(current: ClusterLocation, directory: string): ClusterLocation {
  return {
    ...current,
    dataDirectory: directory,
    socketDirectory: `${directory}.run`,
    host: '127.0.0.1',
    passfile: current.passfile === null ? null : `${directory}.pass`,
  };
}

/** Stops what runs there and removes it; what was swapped into service has another place by then, and is not touched. */
export async function removeHalfRestored(side: ClusterLocation): Promise<void> {
  const { dataDirectory, socketDirectory, passfile } = side;
  await killCluster(side);
  for (const path of [dataDirectory, spacesOf(dataDirectory), socketDirectory, passfile ?? socketDirectory])
    await rm(path, { recursive: true, force: true });
  await rm(`${dataDirectory}${ending}`, { force: true });
  await syncFolder(dirname(dataDirectory));
}

/** Half-made restores that a killed process left beside this cluster. Rejects with `unavailable` while a live one is at it. */
export async function halfRestored(current: ClusterLocation): Promise<ClusterLocation[]> {
  const parent = dirname(current.dataDirectory);
  const found: ClusterLocation[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.endsWith(ending)) continue;
    const note = await readNote(join(parent, name));
    if (note?.dataDirectory !== current.dataDirectory) continue;
    if (note.process !== null && note.process.pid !== process.pid && isAlive(note.process))
      throw new Failure(
        'unavailable',
        `${current.dataDirectory} is being restored by process ${note.process.pid}`,
      );
    found.push({ ...sideAt(current, join(parent, name.slice(0, -ending.length))), port: note.port });
  }
  return found;
}

async function readNote(file: string): Promise<HalfRestored | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isJsonObject(value) && value['format'] === 'firedrill-half-restored-1'
      ? (value as unknown as HalfRestored)
      : null;
  } catch {
    // Cut short by the same crash: nothing was made there yet.
    return null;
  }
}
