import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { makeOwnedDirectory, type ClusterLocation } from '../../postgres/index.js';

/** Says what a folder was made for, so that nothing else is ever taken for it, or removed. */
const noteName = '.staged';

/** Makes a folder (0700) for something that is fetched, or goes on with that of an interrupted attempt. */
export async function openStage(directory: string, what: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found = await readdir(directory);
  if (found.length > 0 && (await noteIn(directory)) !== what) {
    throw new Failure('refused', `${directory} is not empty, and was not made for ${what}`, {
      hint: 'Choose a folder that is not there yet.',
    });
  }
  // Somebody else's folder is taken back first: an account must not be able to lead our writes elsewhere.
  await own(directory, null);
  await writeFile(join(directory, noteName), what, { mode: 0o600 });
}

/** Hands a finished folder to whoever reads it; its own top folder last. */
export async function closeStage(directory: string, account: ClusterLocation['account']): Promise<void> {
  if (account === null) return;
  await own(directory, account);
  await makeOwnedDirectory(directory, account);
}

/** Removes such a folder; one that was made for something else, or by somebody else, stays. */
export async function releaseStage(directory: string, what: string): Promise<void> {
  if ((await noteIn(directory)) !== what) return;
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

async function noteIn(directory: string): Promise<string | null> {
  return readFile(join(directory, noteName), 'utf8').catch(() => null);
}

async function own(directory: string, account: ClusterLocation['account']): Promise<void> {
  const { uid, gid } = account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const enter = async () => {
    await chown(directory, uid, gid);
    await chmod(directory, 0o700);
  };
  if (account === null) await enter();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await own(path, account);
    else if (entry.isFile()) await chown(path, uid, gid);
    else throw new Failure('refused', `${path} is neither a file nor a folder`);
  }
  if (account !== null) await enter();
}
