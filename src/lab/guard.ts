import { stat } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import {
  compareFingerprints,
  comparePart,
  findPostmaster,
  readLiveFingerprint,
  type ClusterLocation,
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
    comparePart(wrong, 'host', record.location.host, location.host);
    comparePart(wrong, 'port', record.location.port, location.port);
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
  if (record.inode !== null) comparePart(wrong, 'inode of the data directory', record.inode, inode);
  const postmaster = await findPostmaster(dataDirectory);
  if (postmaster === null) return wrong;
  if (record.postmaster === null || record.fingerprint === null) {
    wrong.push(`a server runs there (process ${postmaster.pid}) that was never recorded`);
    return wrong;
  }
  comparePart(wrong, 'postmaster', record.postmaster.pid, postmaster.pid);
  comparePart(wrong, 'start of the postmaster', record.postmaster.startTicks, postmaster.startTicks);
  const live = await readLiveFingerprint(record.location, wrong);
  if (live !== null) {
    compareFingerprints(wrong, record.fingerprint, live);
  }
  return wrong;
}
