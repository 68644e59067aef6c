import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../base/index.js';
import { findPostmaster, freePort, readFingerprint, serverAccount } from '../postgres/index.js';
import type { ClusterLocation } from '../postgres/index.js';
import { findWaysOut } from './containment.js';
import { namedCluster, type Lab } from './lab.js';
import type { ClusterRecord, LabClusterName } from './lab-state.js';
import { passfileOf } from './paths.js';
import { sampleDatabase } from './sample/index.js';
import { judgeToken, makeToken } from './token.js';

/** Where a named cluster stands, or, when nothing has that name yet, a fresh place for it; the same one when asked again. */
export async function locateCluster(lab: Lab, name: LabClusterName): Promise<ClusterLocation> {
  return namedCluster(lab, name) ?? (await allocateCluster(lab, name));
}

/** A new folder with a token, a free port and a socket directory of its own; nothing is created in it yet. */
export async function allocateCluster(lab: Lab, name: LabClusterName): Promise<ClusterLocation> {
  // A socket's path has 103 bytes at most, and temporary folders on macOS are long already.
  const shortRoot = existsSync('/tmp') ? '/tmp' : tmpdir();
  const folder = join(lab.paths.clusters, `${name}-${randomBytes(3).toString('hex')}`);
  const socketDirectory = join(shortRoot, `fd-${randomBytes(5).toString('hex')}`);
  const location: ClusterLocation = {
    dataDirectory: join(folder, 'data'),
    socketDirectory,
    host: '127.0.0.1',
    port: await freePort(),
    user: lab.state().seed?.user ?? 'postgres',
    database: lab.state().seed?.database ?? sampleDatabase,
    account: await serverAccount(),
    passfile: passfileOf(lab.paths, 'admin'),
  };
  lab.update((state) => ({ ...state, socketDirectories: [...state.socketDirectories, socketDirectory] }));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const token = makeToken(folder);
  const record: ClusterRecord = { location, inode: null, fingerprint: null, postmaster: null };
  lab.update((state) => ({
    ...state,
    tokens: { ...state.tokens, [folder]: token },
    clusters: [...state.clusters, record],
    names: { ...state.names, [name]: location.dataDirectory },
  }));
  return location;
}

/**
 * Remembers that `name` stands at this location from now on, with the fingerprint it has now. The place must be one that this
 * lab made: inside its folder, with its token. Rejects with `refused` otherwise.
 */
export async function assignCluster(
  lab: Lab,
  name: LabClusterName,
  location: ClusterLocation,
): Promise<void> {
  const what = `give the name ${name} to ${location.dataDirectory}`;
  const wrong = await judgePlace(lab, location);
  if (wrong.length > 0) throw new Failure('refused', `refused to ${what}: ${wrong.join('; ')}`);
  const record = await observeCluster(location);
  lab.update((state) => ({
    ...state,
    clusters: [
      ...state.clusters.filter((one) => one.location.dataDirectory !== location.dataDirectory),
      record,
    ],
    names: { ...state.names, [name]: location.dataDirectory },
  }));
}

/** After a restart that the engine itself made: the same cluster, with a new postmaster. Rejects with `refused` if it is another. */
export async function noteRestarted(lab: Lab, location: ClusterLocation): Promise<void> {
  const { clusters } = lab.state();
  const before = clusters.find((one) => one.location.dataDirectory === location.dataDirectory);
  const wrong = await judgePlace(lab, location);
  const now = wrong.length > 0 ? undefined : await observeCluster(location);
  const system = (record: ClusterRecord | undefined) => record?.fingerprint?.systemIdentifier;
  if (before === undefined) wrong.push('it is none of this lab’s clusters');
  else if (now !== undefined && before.inode !== null && now.inode !== before.inode)
    wrong.push(`the inode of its data directory is ${now.inode ?? 'none'}, recorded ${before.inode}`);
  else if (system(before) !== undefined && system(now) !== undefined && system(before) !== system(now))
    wrong.push(`its system identifier is ${system(now) ?? ''}, recorded ${system(before) ?? ''}`);
  if (wrong.length > 0 || now === undefined)
    throw new Failure(
      'refused',
      `refused to accept the server on ${location.dataDirectory}: ${wrong.join('; ')}`,
    );
  lab.update((state) => ({
    ...state,
    clusters: state.clusters.map((one) =>
      one.location.dataDirectory === location.dataDirectory ? now : one,
    ),
  }));
}

/** What speaks against this place being the lab's own, whatever runs there. */
export async function judgePlace(lab: Lab, location: ClusterLocation): Promise<string[]> {
  const wrong = await findWaysOut(lab.paths.clusters, location.dataDirectory);
  const token = judgeToken(lab.state(), location.dataDirectory);
  if (token !== null) wrong.push(token);
  if (location.host !== '127.0.0.1') wrong.push(`its host is ${location.host}, a lab's is 127.0.0.1`);
  if (dirname(dirname(location.dataDirectory)) !== lab.paths.clusters)
    wrong.push(`${location.dataDirectory} is no cluster folder of this lab`);
  return wrong;
}

async function observeCluster(location: ClusterLocation): Promise<ClusterRecord> {
  const postmaster = await findPostmaster(location.dataDirectory);
  const fingerprint = postmaster === null ? null : await readFingerprint(location);
  const inode = await stat(location.dataDirectory).then(
    (found) => found.ino,
    () => null,
  );
  const identity =
    postmaster === null
      ? null
      : { pid: postmaster.pid, startTicks: postmaster.startTicks, bootId: postmaster.bootId };
  return { location, inode, fingerprint, postmaster: identity };
}
