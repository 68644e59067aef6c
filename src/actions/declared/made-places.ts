import { randomBytes } from 'node:crypto';
import { chmod, lstat, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure, sha256Hex } from '../../base/index.js';
import { findPostmaster, freePort, readFingerprint, type ClusterLocation } from '../../postgres/index.js';
import { makeDurableFolder, syncFolder } from '../../store/index.js';
import { misplacedPaths } from './real-paths.js';
import { notDeclared, type DeclaredSettings } from './settings.js';
import { withRecord, type DeclaredName, type DeclaredRecord, type StateFile } from './state.js';

const tokenOf = (dataDirectory: string) => join(dirname(dataDirectory), 'token');

/** Where everything lies that one run makes for clusters. Rejects when the configuration gives no place for it. */
export async function workFolder(settings: DeclaredSettings, runId: string): Promise<string> {
  const { workDirectory } = settings;
  if (workDirectory === null) throw notDeclared(settings, 'place for restored clusters', 'workDirectory');
  const real = await realpath(workDirectory).catch(() => null);
  if (real !== workDirectory) {
    const leads = real === null ? 'does not exist' : `leads to ${real}`;
    throw new Failure('refused', `workDirectory ${workDirectory} ${leads}; it must be a real path`, {
      hint: 'Make it, or correct firedrill.yaml, and begin a new run.',
    });
  }
  return join(workDirectory, `firedrill-${runId}`);
}

/** A new folder with a token, a port and a passfile of its own; nothing is created in it yet. */
export async function makePlace(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
  name: DeclaredName,
): Promise<ClusterLocation> {
  const work = await workFolder(settings, runId);
  const folder = join(work, `${name}-${randomBytes(3).toString('hex')}`);
  const { primary, declared } = settings;
  const location: ClusterLocation = {
    ...primary,
    dataDirectory: join(folder, 'data'),
    socketDirectory: join(folder, 'run'),
    // A side instance serves nobody but us.
    host: name === 'replacement' ? primary.host : '127.0.0.1',
    port: name === 'replacement' ? (declared.replacementPort ?? (await freePort())) : await freePort(),
    passfile: primary.passfile === null ? null : join(folder, 'passfile'),
  };
  await makeDurableFolder(folder);
  // The server's account must be able to pass through, whatever the umask; what is secret is closed itself.
  for (const one of [work, folder]) await chmod(one, 0o711);
  const token = randomBytes(32).toString('hex');
  const handle = await open(tokenOf(location.dataDirectory), 'wx', 0o600);
  try {
    await handle.writeFile(`${token}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
  const record = { location, token: sha256Hex(token), inode: null, fingerprint: null, postmaster: null };
  const before = withRecord(state.read(), record);
  await state.write({ ...before, names: { ...before.names, [name]: location.dataDirectory } });
  return location;
}

/** What speaks against this place being one that this run made, whatever stands or runs there. */
export async function judgePlace(
  settings: DeclaredSettings,
  runId: string,
  { location, token }: DeclaredRecord,
  allowed: readonly string[],
): Promise<string[]> {
  const { dataDirectory } = location;
  const work = await workFolder(settings, runId);
  if (dirname(dirname(dataDirectory)) !== work) return [`${dataDirectory} is no place of this run`];
  const folder = await realpath(dirname(dataDirectory)).catch(() => null);
  if (folder !== dirname(dataDirectory)) return [`${dirname(dataDirectory)} leads to ${folder ?? 'nowhere'}`];
  const wrong = await misplacedPaths(dataDirectory, [`${dataDirectory}.tablespaces`, ...allowed]);
  const file = tokenOf(dataDirectory);
  const isFile = await lstat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) wrong.push(`there is no token in ${folder}`);
  else if (sha256Hex((await readFile(file, 'utf8')).trim()) !== token)
    wrong.push(`the token in ${folder} is not the one this run put there`);
  return wrong;
}

/** The cluster as it stands there now. */
export async function observePlace(before: DeclaredRecord): Promise<DeclaredRecord> {
  const { location } = before;
  const postmaster = await findPostmaster(location.dataDirectory);
  const found = await stat(location.dataDirectory).catch(() => null);
  return {
    ...before,
    inode: found?.ino ?? null,
    fingerprint: postmaster === null ? null : await readFingerprint(location),
    postmaster:
      postmaster === null
        ? null
        : { pid: postmaster.pid, startTicks: postmaster.startTicks, bootId: postmaster.bootId },
  };
}

/** Removes what is left of a place whose cluster is gone: token, passfile, log. False when a cluster stands there. */
export async function removeEmptyPlace(location: ClusterLocation): Promise<boolean> {
  const there = await lstat(location.dataDirectory).then(
    () => true,
    () => false,
  );
  if (there) return false;
  const folder = dirname(location.dataDirectory);
  await rm(folder, { recursive: true, force: true });
  return true;
}
