import { stat } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import type { ProcessIdentity } from '../../children/index.js';
import {
  compareFingerprints,
  comparePart,
  findPostmaster,
  readLiveFingerprint,
  type ClusterLocation,
  type Fingerprint,
} from '../../postgres/index.js';
import type { GuardOptions } from '../environment.js';
import { judgeDeclared } from './judge-declared.js';
import { judgeStandby } from './declared-standby.js';
import { judgePlace } from './made-places.js';
import type { DeclaredSettings } from './settings.js';
import { recordAt, type DeclaredRecord, type StateFile } from './state.js';

/**
 * Reads the target's fingerprint again and rejects with `refused`, naming every part that differs, unless it is the declared
 * cluster, or one that this run made, in the very incarnation that was recorded. A dead target has path, files and inode
 * only, and they must all be right.
 */
export async function guardDeclared(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
  location: ClusterLocation,
  what: string,
  options: GuardOptions = {},
): Promise<void> {
  const wrong = await judgeTarget(settings, runId, state, location, options.halfMade === true);
  if (wrong.length === 0) return;
  throw new Failure('refused', `refused to ${what}: ${wrong.join('; ')}`, {
    hint:
      `Nothing was changed. Compare with firedrill.yaml and with ${state.file}; where the server was only restarted, ` +
      'interrupt this run and resume it: every session looks at its target anew.',
  });
}

async function judgeTarget(
  settings: DeclaredSettings,
  runId: string,
  state: StateFile,
  location: ClusterLocation,
  halfMade: boolean,
): Promise<string[]> {
  const record = recordAt(state.read(), location.dataDirectory);
  if (record === undefined) return [`no cluster is recorded at ${location.dataDirectory}`];
  const wrong: string[] = [];
  comparePart(wrong, 'host', record.location.host, location.host);
  comparePart(wrong, 'port', record.location.port, location.port);
  if (wrong.length > 0) return wrong;
  if (location.dataDirectory === settings.standby?.dataDirectory) return judgeStandby(settings, record);
  if (record.token === null) return judgeOwn(settings, record, state.read().promoted === true);
  const isAside = state.read().names['set-aside'] === location.dataDirectory;
  const misplaced = await judgePlace(settings, runId, record, isAside ? settings.outside : []);
  return misplaced.length > 0 ? misplaced : judgeMade(settings, record, halfMade);
}

/** The declared cluster. */
async function judgeOwn(
  settings: DeclaredSettings,
  record: DeclaredRecord,
  mayFollow: boolean,
): Promise<string[]> {
  if (settings.dataDirectory === null)
    return ['the configuration does not say where its data directory is (`database.dataDirectory`)'];
  const seen = await judgeDeclared(settings, mayFollow);
  const wrong = [...seen.wrong];
  compareInode(wrong, record, seen.inode);
  if (seen.postmaster !== null) compareServer(wrong, record, seen.postmaster, seen.fingerprint);
  return wrong;
}

/** A cluster that this run made, or put aside. */
async function judgeMade(
  settings: DeclaredSettings,
  record: DeclaredRecord,
  halfMade: boolean,
): Promise<string[]> {
  const { location } = record;
  const wrong: string[] = [];
  const found = await stat(location.dataDirectory).catch(() => null);
  // Where nothing stands there is nothing to destroy; where nothing was recorded, something half-made may stand.
  if (found === null) return wrong;
  if (record.inode !== null) compareInode(wrong, record, found.ino);
  const postmaster = await findPostmaster(location.dataDirectory);
  if (postmaster === null || (halfMade && record.postmaster === null)) return wrong;
  const live = await readLiveFingerprint(location, wrong);
  compareServer(wrong, record, postmaster, live);
  const { systemIdentifier } = settings.declared.fingerprint;
  if (live !== null) comparePart(wrong, 'system identifier', systemIdentifier, live.systemIdentifier);
  return wrong;
}

function compareInode(wrong: string[], record: DeclaredRecord, inode: number | null): void {
  if (inode !== null) comparePart(wrong, 'inode of the data directory', record.inode ?? 'none', inode);
}

/** `live` is null for a frozen or dying server, which cannot answer: its process is compared all the same. */
function compareServer(
  wrong: string[],
  record: DeclaredRecord,
  postmaster: ProcessIdentity,
  live: Fingerprint | null,
): void {
  if (record.postmaster === null) {
    wrong.push(`a server runs there (process ${postmaster.pid}) that was never recorded`);
    return;
  }
  comparePart(wrong, 'postmaster', record.postmaster.pid, postmaster.pid);
  comparePart(wrong, 'start of the postmaster', record.postmaster.startTicks, postmaster.startTicks);
  comparePart(wrong, 'boot of the machine', record.postmaster.bootId, postmaster.bootId);
  if (live === null || record.fingerprint === null) return;
  compareFingerprints(wrong, record.fingerprint, live);
}
