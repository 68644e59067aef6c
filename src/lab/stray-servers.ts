import { readdir, readlink, realpath } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { endProcess, processIdentity } from '../children/index.js';
import type { LabPaths } from './paths.js';

/** Programs that work inside a cluster's or the WAL's folder. An operator's shell that stands there is none of them. */
const postgresPrograms = ['postgres', 'initdb', 'pg_receivewal', 'pg_basebackup'];

/**
 * Ends PostgreSQL's programs that work inside the lab without having left a trace in it: an engine killed right after
 * starting one could not note it. Linux only, where a process's working directory can be read; returns what was ended.
 */
export async function endStrayServers(paths: LabPaths): Promise<string[]> {
  return endStrays([paths.clusters, paths.wal], postgresPrograms);
}

/** The same for the named programs in any folders of ours. */
export async function endStrays(places: readonly string[], programs: readonly string[]): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const folders = await Promise.all(places.map((path) => realpath(path).catch(() => null)));
  const ended: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [cwd, exe] = await Promise.all(
      ['cwd', 'exe'].map((link) => readlink(`/proc/${name}/${link}`).catch(() => '')),
    );
    if (
      cwd === undefined ||
      exe === undefined ||
      !programs.includes(basename(exe.replace(/ \(deleted\)$/, '')))
    )
      continue;
    if (!folders.some((folder) => folder !== null && (cwd + sep).startsWith(folder + sep))) continue;
    const identity = processIdentity(Number(name));
    if (identity === null) continue;
    await endProcess(identity, { firstSignal: 'SIGKILL' });
    ended.push(`${basename(exe)} (process ${name})`);
  }
  return ended;
}
