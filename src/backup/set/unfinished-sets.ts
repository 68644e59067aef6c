import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isJsonObject } from '../../base/index.js';
import { isAlive, processIdentity, type ProcessIdentity } from '../../children/index.js';
import { syncFile, syncFolder, type LocalStore } from '../../store/index.js';
import { endWorkersIn, workersIn } from './end-workers.js';
import { manifestName } from './manifest.js';

/** Who makes a set, beside its folder: pg_basebackup wants an empty one, and the set must hold nothing else. */
const suffix = '.owner.json';

/** Notes durably, before anything of the set exists, which process makes it. */
export async function claimSet(store: LocalStore, id: string): Promise<void> {
  const note = noteOf(store, id);
  const owner = { host: hostname(), process: processIdentity(process.pid) };
  await writeFile(note, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
  await syncFile(note);
  await syncFolder(store.directory);
}

/** To be called once the set is complete, or gone. */
export async function releaseSet(store: LocalStore, id: string): Promise<void> {
  await rm(noteOf(store, id), { force: true });
}

const noteOf = (store: LocalStore, id: string) => join(store.directory, `${id}${suffix}`);

/** Removes what was made of a set that came to nothing, then looks. Returns what is there all the same, in words. */
export async function removeMade(paths: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const path of paths) {
    const why = await rm(path, { recursive: true, force: true, maxRetries: 3 }).then(
      () => '',
      (cause: unknown) => ` (${cause instanceof Error ? cause.message : String(cause)})`,
    );
    for (const worker of await workersIn(path)) left.push(`${worker}, which still writes into ${path}`);
    if (await exists(path)) left.push(`${path}${why}`);
  }
  return left;
}

/**
 * Removes the sets of this store that were never finished and whose maker is dead, and says what it did, a line each. A maker
 * that lives, that cannot be known or that works on another machine makes its set untouchable, and so does a manifest.
 */
export async function removeUnfinished(store: LocalStore): Promise<string[]> {
  const said: string[] = [];
  for (const name of await readdir(store.directory)) {
    const id = /^(\d{4}-\d{2}-\d{2}T\d{6}Z-[a-z]+-[0-9a-f]+)\.owner\.json$/.exec(name)?.[1];
    if (id === undefined) continue;
    const note = join(store.directory, name);
    const owner = await readOwner(note);
    if (owner === null || isAlive(owner)) continue;
    const folder = join(store.directory, id);
    const paths = [`${folder}.partial`, ...((await exists(join(folder, manifestName))) ? [] : [folder])];
    const staying: string[] = [];
    for (const path of paths) {
      // What the dead process had started may still be copying into it, even where it is gone already.
      for (const ended of await endWorkersIn(path))
        said.push(`ended ${ended}, which still wrote into ${path}`);
      if (!(await exists(path))) continue;
      const left = await removeMade([path]);
      staying.push(...left);
      if (left.length === 0)
        said.push(`removed ${path}: it was never finished, and process ${owner.pid} that made it is gone`);
    }
    // What cannot be removed is never listed as a set, and must not keep the next one from being made.
    said.push(...staying.map((one) => `left of a backup that was never finished: ${one}`));
    if (staying.length === 0) await rm(note, { force: true });
  }
  if (said.length > 0) await syncFolder(store.directory);
  return said;
}

/** Null for a process of another machine, and for a note that says nothing. */
async function readOwner(note: string): Promise<ProcessIdentity | null> {
  try {
    const value: unknown = JSON.parse(await readFile(note, 'utf8'));
    if (!isJsonObject(value) || value['host'] !== hostname()) return null;
    const { process: owner } = value;
    if (!isJsonObject(owner)) return null;
    const { pid, startTicks, bootId } = owner;
    if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof bootId !== 'string') return null;
    return { pid, startTicks, bootId };
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
