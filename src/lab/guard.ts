import { stat } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import {
  findPostmaster,
  readFingerprint,
  type ClusterLocation,
  type Fingerprint,
} from '../postgres/index.js';
import { judgePlace } from './clusters.js';
import type { Lab } from './lab.js';
import type { ClusterRecord } from './lab-state.js';

/**
 * Reads the target's fingerprint again and rejects with `refused`, naming every part that differs, unless it is a cluster of
 * this lab in the very incarnation that was recorded. A dead target has path, inode, host, port and token only, and they
 * must all be right.
 */
export async function guardLab(lab: Lab, location: ClusterLocation, what: string): Promise<void> {
  const wrong = await judgePlace(lab, location);
  const record = lab.state().clusters.find((one) => one.location.dataDirectory === location.dataDirectory);
  if (record === undefined) wrong.push(`no cluster is recorded at ${location.dataDirectory}`);
  else {
    compare(wrong, 'host', record.location.host, location.host);
    compare(wrong, 'port', record.location.port, location.port);
    // What lies outside or has no token is not even connected to.
    if (wrong.length === 0) wrong.push(...(await judgeIncarnation(record)));
  }
  if (wrong.length === 0) return;
  throw new Failure('refused', `refused to ${what}: ${wrong.join('; ')}`, {
    hint: 'Nothing was changed. Compare with the clusters in the lab’s lab.json.',
  });
}

async function judgeIncarnation(record: ClusterRecord): Promise<string[]> {
  const { dataDirectory } = record.location;
  const wrong: string[] = [];
  const inode = await stat(dataDirectory).then(
    (found) => found.ino,
    () => null,
  );
  // Where nothing stands there is nothing to destroy; where nothing was recorded, something half-made may stand.
  if (inode === null) return wrong;
  if (record.inode !== null) compare(wrong, 'inode of the data directory', record.inode, inode);
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === null) return wrong;
  if (record.postmaster === null || record.fingerprint === null) {
    wrong.push(`a server runs there (process ${postmaster.pid}) that was never recorded`);
    return wrong;
  }
  compare(wrong, 'postmaster', record.postmaster.pid, postmaster.pid);
  compare(wrong, 'start of the postmaster', record.postmaster.startTicks, postmaster.startTicks);
  const live = await readLive(record.location, wrong);
  if (live !== null) {
    for (const [part, name] of parts) compare(wrong, name, record.fingerprint[part], live[part]);
    // The other way round is a promotion.
    if (live.inRecovery && !record.fingerprint.inRecovery)
      wrong.push('it is a standby or still recovering, recorded as a primary');
  }
  return wrong;
}

const parts: readonly (readonly [keyof Fingerprint, string])[] = [
  ['systemIdentifier', 'system identifier'],
  ['dataDirectory', 'real path of the data directory'],
  ['inode', 'inode of the data directory'],
  ['postmasterPid', 'postmaster'],
  ['postmasterStart', 'start time of the postmaster'],
  ['host', 'host'],
  ['port', 'port'],
];

/** Null for a frozen or dying server, which cannot answer: its process was compared already. */
async function readLive(location: ClusterLocation, wrong: string[]): Promise<Fingerprint | null> {
  try {
    return await readFingerprint(location);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.reason === 'refused' || error.reason === 'check') wrong.push(error.message);
    return null;
  }
}

function compare(wrong: string[], part: string, recorded: unknown, found: unknown): void {
  if (recorded === found) return;
  const said = `${part} is ${String(found)}, recorded ${String(recorded)}`;
  if (!wrong.includes(said)) wrong.push(said);
}
