import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { endProcess } from '../../children/index.js';
import { makeUnreachable } from '../../damage/index.js';
import {
  freezeCluster,
  freezeProcesses,
  replicationLag,
  withSession,
  type ClusterLocation,
} from '../../postgres/index.js';
import { openLocalStore } from '../../store/index.js';
import { guardLab } from '../guard.js';
import type { Lab } from '../lab.js';
import { findLabProcess } from '../process-note.js';
import { trafficTarget } from '../traffic-switch.js';
import { bothRegions, throughDoor } from './addresses.js';
import { readLostRegion, writeLostRegion, type LostRegion } from './lost-region.js';
import { writeAsClient } from './write-as-client.js';

export interface LoseRegionRequest {
  /** Where the truth is kept: asking again with the same file loses nothing twice. */
  readonly truthFile: string;
  /** How long nothing reaches region B any more before region A is lost, in milliseconds. */
  readonly lagMs: number;
  readonly signal: AbortSignal;
}

/**
 * Region A disappears: its database stands still with every connection open, its store cannot be reached, its application host is
 * off. Proven by a client's write that gets no answer.
 */
export async function loseRegion(lab: Lab, request: LoseRegionRequest): Promise<LostRegion> {
  const { truthFile, lagMs, signal } = request;
  const begun = readLostRegion(truthFile);
  if (begun !== null && begun.provenAt !== null) return begun;
  const { a } = bothRegions(lab);
  const guard = () => guardLab(lab, a, `freeze the database of region A in ${a.dataDirectory}`);
  let truth = begun;
  const keep = (part: Partial<LostRegion>): LostRegion => {
    truth = { ...(truth as LostRegion), ...part };
    writeLostRegion(truthFile, truth);
    return truth;
  };
  if (truth === null) {
    await guard();
    if (trafficTarget(lab).dataDirectory !== a.dataDirectory)
      throw new Failure('refused', 'clients are not sent to region A: losing it would be no disaster');
    truth = await plan(lab, a, lagMs);
    writeLostRegion(truthFile, truth);
  }
  if (truth.at === null) {
    if (lagMs > 0) await stopSending(a, lagMs, signal);
    // A server whose senders stand still answers all the same.
    await guard();
    keep({ at: new Date().toISOString() });
  }
  // From here on everything may be done again without harm: what stands still does not notice a second stop.
  keep({ frozen: await freezeCluster(a) });
  const application = findLabProcess(lab.paths, 'application');
  if (application !== null) await endProcess(application, { firstSignal: 'SIGKILL' });
  await makeUnreachable(lab.paths.backups);
  const failedWrite = await proveLoss(lab, a);
  return keep({ failedWrite, provenAt: new Date().toISOString() });
}

async function plan(lab: Lab, a: ClusterLocation, lagMs: number): Promise<LostRegion> {
  const lag = await withSession(a, { readOnly: true }, replicationLag);
  return {
    ...{ v: 1, kind: 'lost-region', region: 'a', dataDirectory: a.dataDirectory },
    ...{ store: lab.paths.backups, lag, lagMs, objects: await hashObjects(lab.paths.backups) },
    ...{ plannedAt: new Date().toISOString(), at: null, frozen: [], failedWrite: null, provenAt: null },
  };
}

async function hashObjects(folder: string): Promise<{ [key: string]: string }> {
  const store = openLocalStore(folder);
  const found: { [key: string]: string } = {};
  for await (const { key } of store.list('')) {
    const hash = createHash('sha256');
    for await (const chunk of (await store.get(key)) as AsyncIterable<Buffer>) hash.update(chunk);
    found[key] = hash.digest('hex');
  }
  return found;
}

/** The line between the regions goes first: region A still takes and acknowledges writes that region B never hears of. */
async function stopSending(a: ClusterLocation, lagMs: number, signal: AbortSignal): Promise<void> {
  const senders = await withSession(a, { readOnly: true }, async (session) =>
    session.query('select pid from pg_stat_replication'),
  );
  const pids = senders.map((row) => Number(row['pid']));
  const frozen = await freezeProcesses(a, pids);
  if (frozen.length < pids.length)
    throw new Failure(
      'check',
      `only ${frozen.length} of ${pids.length} senders of region A's log were stopped`,
    );
  await delay(lagMs, undefined, { signal }).catch(() => {
    throw new Failure('cancelled', 'losing region A was cancelled');
  });
}

async function proveLoss(lab: Lab, a: ClusterLocation): Promise<{ at: string; said: string }> {
  const write = await writeAsClient(lab, throughDoor(lab, a, 'clients'), 'proof of the loss', 1000);
  if (write.outcome === 'no-answer') return { at: new Date().toISOString(), said: write.said };
  throw new Failure('check', `region A still answers after it was lost: ${write.said}`);
}
