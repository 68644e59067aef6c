import { setTimeout as delay } from 'node:timers/promises';
import { Failure, type JsonObject } from '../../base/index.js';
import {
  compareLsn,
  quoteLiteral,
  replicationLag,
  textColumn,
  textOrNull,
  withSession,
  type ClusterLocation,
} from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { bothRegions } from '../regions/addresses.js';
import { slotOf } from '../regions/make-standby.js';
import { faultNote } from './fault-note.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

/** An account that no longer exists, as after a password change that nobody told the standby of. */
const retired = 'retired_replicator';

/** The standby runs, answers and follows nobody: its primary does not know the account any more by which it streams. */
export const staleStandby: LabFault = {
  name: 'stale-standby',
  with: { type: 'object', additionalProperties: false, properties: {} },
  describe: () =>
    'takes the standby its way to its primary: it runs and answers, and nothing new reaches it any more',
  preview: () => [
    `ALTER SYSTEM SET primary_conninfo = '… user=${retired}' (in region B); SELECT pg_reload_conf()`,
    'SELECT … FROM pg_stat_replication (in region A): nobody follows',
    'SELECT pg_logical_emit_message(…) (in region A); SELECT pg_last_wal_replay_lsn() (in region B): it is behind',
  ],
  async inject(lab, { id, signal }): Promise<InjectedFault> {
    const note = faultNote(lab, id);
    const { a, b } = bothRegions(lab);
    await guardLab(lab, b, `keep the standby ${b.dataDirectory} from following`);
    const done = note.read();
    if (done !== null && done['seen'] !== null) return { groundTruth: done, proof: proofOf(done) };
    let plan: JsonObject = done ?? { v: 1, standby: b.dataDirectory, at: null, seen: null };
    note.write(plan);
    plan = { ...plan, at: new Date().toISOString() };
    await withSession(b, { applicationName: 'firedrill fault' }, async (session) => {
      const [row] = await session.query(`select current_setting('primary_conninfo') as way`);
      const way = `${textColumn(row, 'way')} user=${retired}`;
      await session.query(`alter system set primary_conninfo = ${quoteLiteral(way)}`);
      await session.query('select pg_reload_conf()');
    });
    await untilNobodyFollows(a, signal);
    plan = { ...plan, seen: await seeItBehind(a, b) };
    note.write(plan);
    return { groundTruth: plan, proof: proofOf(plan) };
  },
};

function proofOf(plan: JsonObject): JsonObject {
  return { at: plan['at'] ?? null, message: plan['seen'] ?? null };
}

async function untilNobodyFollows(a: ClusterLocation, signal: AbortSignal): Promise<void> {
  for (const deadline = performance.now() + 30_000; ;) {
    const { receivers } = await withSession(a, { readOnly: true }, replicationLag);
    if (!receivers.some((one) => one.name === slotOf.b)) return;
    if (performance.now() > deadline) throw new Failure('check', 'the standby still follows after 30 s');
    await delay(100, undefined, { signal }).catch(() => {
      throw new Failure('cancelled', 'making the standby stale was cancelled');
    });
  }
}

/** Something must be there to be missed. */
async function seeItBehind(a: ClusterLocation, b: ClusterLocation): Promise<string> {
  const [written] = await withSession(a, { applicationName: 'firedrill fault' }, async (session) =>
    session.query(`select pg_logical_emit_message(true, 'firedrill', 'what does not arrive')::text as lsn`),
  );
  const [replayed] = await withSession(b, { readOnly: true }, async (session) =>
    session.query(`select pg_last_wal_replay_lsn()::text as lsn`),
  );
  const [at, has] = [textColumn(written, 'lsn'), textOrNull(replayed, 'lsn')];
  if (has !== null && compareLsn(has, at) >= 0)
    throw new Failure('check', `the standby still comes on: it has ${has}, its primary wrote ${at}`);
  return `nobody follows region A; it has written ${at}, region B has ${has ?? 'nothing'}`;
}
