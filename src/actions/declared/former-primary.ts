import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  findPostmaster,
  startCluster,
  startedWith,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { KeptOwn } from '../environment.js';
import { readClusterFiles } from './cluster-files.js';
import { forgetKept, readKept, writeKept, type KeptNote } from './kept-own.js';
import { confFiles, readOwnFiles } from './own-files.js';
import { runOrFail } from './run-command.js';
import type { DeclaredSettings } from './settings.js';
import { recordAt, withRecord, type StateFile } from './state.js';

const startMs = 120_000;

/**
 * What the declared server has of its own, durable before its files are touched: of a rebuild that was interrupted what was kept then,
 * for the files may be the other server’s by now. `at` is where its server listens, past a fence.
 */
export async function keepOwn(
  settings: DeclaredSettings,
  state: StateFile,
  tools: PostgresTools,
  at: ClusterLocation,
): Promise<KeptOwn> {
  const { dataDirectory } = at;
  const { start } = settings.declared.database;
  const kept = (await readKept(state, dataDirectory)) ?? (await keep(state, dataDirectory));
  const args = kept.args ?? undefined;
  return {
    restoreSettings: async () => restore(kept, at),
    noteEmptied: async () => noteEmptied(state, dataDirectory),
    start: async (options) => {
      if (start !== undefined) await runOrFail(settings, start, startMs, options);
      else await startCluster(tools, at, { args, ...(options?.signal && { signal: options.signal }) });
    },
  };
}

async function keep(state: StateFile, dataDirectory: string): Promise<KeptNote> {
  const args = (await startedWith(dataDirectory)) ?? null;
  const note = { dataDirectory, args, ...(await readOwnFiles(dataDirectory)) };
  await writeKept(state, note);
  return note;
}

async function restore(
  { files, folders }: KeptNote,
  { dataDirectory, account }: ClusterLocation,
): Promise<void> {
  const names = new Set(files.map((one) => one.name));
  // Settings of the other server that these would include.
  for (const folder of folders)
    for (const one of await confFiles(join(dataDirectory, folder)))
      if (!names.has(join(folder, one))) await rm(join(dataDirectory, folder, one));
  const own = async (path: string) => account !== null && chown(path, account.uid, account.gid);
  const folderFor = async (path: string): Promise<void> => {
    if ((await stat(path).catch(() => null)) !== null) return;
    await folderFor(dirname(path));
    await mkdir(path, { mode: 0o700 });
    await own(path);
  };
  for (const folder of folders) await folderFor(join(dataDirectory, folder));
  for (const { name, mode, content } of files) {
    const file = join(dataDirectory, name);
    await folderFor(dirname(file));
    await writeFile(file, content, { mode: 0o600 });
    await chmod(file, mode);
    await own(file);
  }
}

/** The new folder in its place is ours: a copy into it that is interrupted may be begun again. */
async function noteEmptied(state: StateFile, dataDirectory: string): Promise<void> {
  const old = recordAt(state.read(), dataDirectory);
  const found = await stat(dataDirectory);
  if (old === undefined) return;
  const record = { ...old, inode: found.ino, fingerprint: null, postmaster: null };
  await state.write(withRecord(state.read(), record));
}

/** It was rebuilt in its own place by us: what comes later must know it again. A place that holds another system is not noted. */
export async function noteRebuilt(settings: DeclaredSettings, state: StateFile): Promise<void> {
  const { dataDirectory } = settings.primary;
  const old = recordAt(state.read(), dataDirectory);
  const files = await readClusterFiles(dataDirectory);
  if (old === undefined || files === null) return;
  if (files.systemIdentifier !== settings.declared.fingerprint.systemIdentifier) return;
  const now = await findPostmaster(dataDirectory);
  const postmaster = now === null ? null : { pid: now.pid, startTicks: now.startTicks, bootId: now.bootId };
  await state.write(withRecord(state.read(), { ...old, inode: files.inode, fingerprint: null, postmaster }));
  await forgetKept(state);
}
