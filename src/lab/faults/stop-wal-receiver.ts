import { findReceiver, walReach } from '../../backup/index.js';
import { Failure, type JsonObject } from '../../base/index.js';
import { endProcess, isAlive, sendSignal } from '../../children/index.js';
import { withSession } from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { labSlot } from '../protect.js';
import { trafficTarget } from '../traffic-switch.js';
import { faultNote } from './fault-note.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

/** Ends the receiver of the log, or freezes it: commits go on, and nothing of them reaches the second place. */
export const stopWalReceiverFault: LabFault = {
  name: 'stop-wal-receiver',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: { how: { type: 'string', enum: ['kill', 'freeze'], default: 'kill' } },
  },
  describe: (args) =>
    args['how'] === 'freeze'
      ? 'freezes the receiver of the log: it looks alive, and nothing reaches the second place any more'
      : 'kills the receiver of the log: nothing reaches the second place any more',
  preview: (args) => [
    `kill -${args['how'] === 'freeze' ? 'STOP' : 'KILL'} <pg_receivewal>`,
    'SELECT restart_lsn FROM pg_replication_slots',
  ],
  async inject(lab, { id, args }): Promise<InjectedFault> {
    const note = faultNote(lab, id);
    const location = trafficTarget(lab);
    await guardLab(lab, location, `stop the receiver of the log of ${location.dataDirectory}`);
    const done = note.read();
    if (done !== null && done['seen'] !== null) return { groundTruth: done, proof: proofOf(done) };
    const how = args['how'] === 'freeze' ? 'freeze' : 'kill';
    const receiver = await findReceiver(lab.paths.wal);
    if (receiver === null && done === null)
      throw new Failure('unavailable', `no receiver writes into ${lab.paths.wal}`);
    let plan: JsonObject = done ?? { v: 1, how, process: receiver?.pid ?? null, at: null, seen: null };
    note.write(plan);
    plan = { ...plan, at: new Date().toISOString() };
    if (receiver !== null && how === 'kill') await endProcess(receiver, { firstSignal: 'SIGKILL' });
    if (receiver !== null && how === 'freeze') sendSignal(receiver, 'SIGSTOP');
    if (receiver !== null && isAlive(receiver) !== (how === 'freeze'))
      throw new Failure('check', `the receiver (process ${receiver.pid}) did not ${how}`);
    // Something must be there to be missed.
    await withSession(location, { applicationName: 'firedrill fault' }, async (session) =>
      session.query(`select pg_logical_emit_message(true, 'firedrill', 'a record that is not received')`),
    );
    const { reach, said } = await walReach(location, labSlot, 1000);
    if (reach !== 'incomplete') throw new Failure('check', `the log still reaches the second place: ${said}`);
    plan = { ...plan, seen: said };
    note.write(plan);
    return { groundTruth: plan, proof: proofOf(plan) };
  },
};

function proofOf(plan: JsonObject): JsonObject {
  return { at: plan['at'] ?? null, message: plan['seen'] ?? null };
}
