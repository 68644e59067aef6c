import { Failure } from '../../base/index.js';
import { sqlState } from '../../postgres/index.js';
import type { DisturbingClient } from '../disturbance/plan.js';
import { startDisturbance } from '../disturbance/start-disturbance.js';
import { guardLab } from '../guard.js';
import { requireLatency } from '../latency.js';
import { trafficTarget } from '../traffic-switch.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

const client: DisturbingClient = {
  ...{ application: 'leaking pool', who: 'application', times: 'until-refused' },
  statements: [],
  last: null,
};
const tries = 20;

interface ExhaustedTruth {
  readonly v: 1;
  readonly kind: 'exhaust-connections';
  readonly application: string;
  readonly sessions: number;
  readonly at: string | null;
  readonly refusal: { readonly sqlState: string; readonly message: string } | null;
}

/** A pool that opens connections and gives none back: who is connected goes on, who comes new is turned away. */
export const exhaustConnections: LabFault = {
  name: 'exhaust-connections',
  with: { type: 'object', additionalProperties: false, properties: {} },
  describe: () => 'takes every connection slot that clients can have, and keeps them idle',
  preview: () => ['connect as the application, again and again, until the server refuses (SQLSTATE 53300)'],
  async inject(lab, request): Promise<InjectedFault> {
    const kept = keptTruth<ExhaustedTruth>(lab, request.id);
    const begun = kept.read();
    if (begun !== null && begun.refusal !== null) return injected(begun);
    const location = trafficTarget(lab);
    await guardLab(lab, location, `take every connection of ${location.dataDirectory}`);
    const planned = kept.write({
      ...{ v: 1, kind: 'exhaust-connections', application: client.application },
      ...{ sessions: 0, at: null, refusal: null },
    });
    const note = await startDisturbance(lab, request.id, location, [client], request.signal);
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (request.signal.aborted) throw new Failure('cancelled', 'taking every connection was cancelled');
      const refusal = await tryToConnect(() => requireLatency(lab).connect());
      if (refusal === null) continue;
      const { sessions, refused } = note;
      return injected(
        kept.write({ ...planned, sessions: sessions.length, at: refused?.at ?? null, refusal }),
      );
    }
    throw new Failure('check', 'every connection is taken, and a new client is let in all the same');
  },
};

/** How the server refused; null when it did not. */
async function tryToConnect(
  connect: () => Promise<{ end(): Promise<void> }>,
): Promise<ExhaustedTruth['refusal']> {
  try {
    await (await connect()).end();
    return null;
  } catch (failure) {
    if (!(failure instanceof Failure) || sqlState(failure) !== '53300') throw failure;
    return { sqlState: '53300', message: failure.message };
  }
}

function injected(truth: ExhaustedTruth): InjectedFault {
  const { at, sessions, refusal } = truth;
  return {
    groundTruth: asGroundTruth(truth),
    proof: { at, sessions, sqlState: refusal?.sqlState ?? null, message: refusal?.message ?? null },
    silent: true,
  };
}
