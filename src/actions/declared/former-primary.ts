import { chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findPostmaster,
  startCluster,
  startedWith,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { KeptOwn } from '../environment.js';
import { readClusterFiles } from './cluster-files.js';
import { runOrFail } from './run-command.js';
import type { DeclaredSettings } from './settings.js';
import { recordAt, withRecord, type StateFile } from './state.js';

const startMs = 120_000;
/** pg_rewind and pg_basebackup bring those of the other server, with its port and its rules for who may connect (app-pgrewind.sgml). */
const settingFiles = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf'];

/** What the declared server has of its own, taken while its files are still its own; `at` is where its server listens, past a fence. */
export async function keepOwn(
  settings: DeclaredSettings,
  tools: PostgresTools,
  at: ClusterLocation,
): Promise<KeptOwn> {
  const { dataDirectory, account } = at;
  const { start } = settings.declared.database;
  const args = await startedWith(dataDirectory);
  const kept = new Map<string, Buffer>();
  for (const name of settingFiles) {
    const content = await readFile(join(dataDirectory, name)).catch(() => null);
    if (content !== null) kept.set(name, content);
  }
  return {
    restoreSettings: async () => {
      for (const [name, content] of kept) {
        const file = join(dataDirectory, name);
        await writeFile(file, content, { mode: 0o600 });
        if (account !== null) await chown(file, account.uid, account.gid);
      }
    },
    start: async (options) => {
      if (start !== undefined) await runOrFail(settings, start, startMs, options);
      else await startCluster(tools, at, { args, ...(options?.signal && { signal: options.signal }) });
    },
  };
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
}
