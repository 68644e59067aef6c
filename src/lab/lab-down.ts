import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isReceiving, stopWalReceiver } from '../backup/index.js';
import { endProcess } from '../children/index.js';
import { clusterState, killCluster, type ClusterLocation } from '../postgres/index.js';
import { stopSentinel, sayError } from '../sentinel/index.js';
import { liesInside } from './containment.js';
import { removeImmutable } from './immutable/remove-immutable.js';
import type { Lab } from './lab.js';
import { readLabState, writeLabState, type LabState } from './lab-state.js';
import { labPaths, type LabPaths } from './paths.js';
import { listData, type DataListing } from './seed/list-data.js';
import { endStrayServers } from './stray-servers.js';
import { findLabProcess, notedDisturbances, type LabProcess } from './process-note.js';

export interface LabRemoval {
  /** What was stopped or removed, in words. */
  readonly released: readonly string[];
  /** What could not be, and why; empty when nothing of the lab is left. */
  readonly leftovers: readonly string[];
  /** Of a lab with the organisation's own data: every file that held some, seen before and gone after. */
  readonly destroyed?: DataListing;
}

/** Stops everything the lab started and removes every file of it. Safe to call again; then there is nothing left to do. */
export async function labDown(lab: Lab): Promise<LabRemoval> {
  lab.release();
  return removeLab(lab.directory);
}

/** `lab.json` goes last, so that a removal that was cut short can be taken up again. */
export async function removeLab(directory: string): Promise<LabRemoval> {
  const paths = labPaths(directory);
  const state = readLabState(paths);
  if (state === null) return { released: [], leftovers: [] };
  writeLabState(paths, { ...state, phase: 'removing' });
  const released: string[] = [];
  const leftovers: string[] = [];
  const attempt = async (what: string, act: () => Promise<boolean>) => {
    try {
      if (await act()) released.push(what);
    } catch (error) {
      leftovers.push(`${what}: ${sayError(error)}`);
    }
  };
  const end = (what: LabProcess) => attempt(`process ${what}`, () => endLabProcess(paths, what));
  // The watchdog first: it must not remove what is being removed. It may be this very process.
  await end('watchdog');
  // The observer before what it observes, or it writes the removal down as an outage.
  await attempt('process sentinel', () => stopSentinel(paths.sentinel));
  await end('application');
  // Before the receiver: one whose server is frozen ends only when its connection does.
  await end('network');
  await end('shipper');
  await end('slow-store');
  for (const disturbance of notedDisturbances(paths)) await end(disturbance);
  await attempt('process WAL receiver', () => endReceiver(paths));
  for (const location of await findClusters(paths, state)) {
    await attempt(`server on ${location.dataDirectory}`, () => endCluster(paths, location));
  }
  await attempt('stray server programs', async () => (await endStrayServers(paths)).length > 0);
  await attempt('object store', async () => removeImmutable(state.immutable));
  if (leftovers.length > 0) return { released, leftovers };
  const data = state.seed === undefined ? null : await listData(paths);
  for (const folder of state.socketDirectories) await attempt(`folder ${folder}`, () => remove(folder));
  for (const name of await readdir(directory)) {
    if (join(directory, name) !== paths.state)
      await attempt(`folder ${name}`, () => remove(join(directory, name)));
  }
  if (leftovers.length > 0) return { released, leftovers };
  await attempt(`folder ${directory}`, () => remove(directory));
  if (data === null || existsSync(directory)) return { released, leftovers };
  return { released, leftovers, destroyed: data };
}

async function endLabProcess(paths: LabPaths, what: LabProcess): Promise<boolean> {
  const found = findLabProcess(paths, what);
  if (found === null || found.pid === process.pid) return false;
  return (await endProcess(found, { graceMs: 5000 })) !== 'gone';
}

async function endReceiver(paths: LabPaths): Promise<boolean> {
  if (!(await isReceiving(paths.wal))) return false;
  await stopWalReceiver(paths.wal);
  return true;
}

async function endCluster(paths: LabPaths, location: ClusterLocation): Promise<boolean> {
  if ((await clusterState(location)) !== 'running') return false;
  // A link that leads out of the lab leads to somebody else's server.
  if (!(await liesInside(paths.clusters, location.dataDirectory)))
    throw new Error(`${location.dataDirectory} leads out of the lab; its server was left alone`);
  await killCluster(location);
  return true;
}

/** Those that are recorded, and any other data directory that stands in the lab's cluster folders. */
async function findClusters(paths: LabPaths, state: LabState): Promise<ClusterLocation[]> {
  const found = state.clusters.map((record) => record.location);
  const model = found[0];
  const known = new Set(found.map((location) => location.dataDirectory));
  const folders = await readdir(paths.clusters).catch(() => []);
  for (const folder of folders) {
    const names = await readdir(join(paths.clusters, folder)).catch(() => []);
    for (const name of names) {
      const dataDirectory = join(paths.clusters, folder, name);
      if (model !== undefined && !known.has(dataDirectory) && existsSync(join(dataDirectory, 'PG_VERSION')))
        found.push({ ...model, dataDirectory });
    }
  }
  return found;
}

async function remove(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
  return true;
}
