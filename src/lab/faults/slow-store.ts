import { listBackups } from '../../backup/index.js';
import { Failure, formatSize, type JsonObject } from '../../base/index.js';
import { freePort } from '../../postgres/index.js';
import { openOriginals, readPace, type ReadPace } from '../../store/index.js';
import { guardLab } from '../guard.js';
import { immutableOf, ownerStore } from '../immutable/places.js';
import type { Lab } from '../lab.js';
import { labTrustedKeys } from '../protect.js';
import { startSlowStore } from '../slow-store/start-slow-store.js';
import { trafficTarget } from '../traffic-switch.js';
import { asGroundTruth, keptTruth } from './kept-truth.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

const sample = { maxBytes: 8_000_000, maxMs: 3000 } as const;

interface SlowStoreTruth {
  readonly v: 1;
  readonly kind: 'slow-store';
  readonly bytesPerSecondAllowed: number;
  readonly portBehind: number;
  readonly port: number;
  /** Of the same file, read before and after by whoever recovers. */
  readonly before: ReadPace;
  /** Null while the harm is only intended. */
  readonly after: ReadPace | null;
  readonly at: string | null;
}

/** Puts a thin line between everybody and the object store: what is asked arrives at once, what is answered trickles. */
export const slowStore: LabFault = {
  name: 'slow-store',
  needs: 'immutable-store',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      kilobytesPerSecond: {
        ...{ type: 'integer', minimum: 1, maximum: 1_000_000, default: 64 },
        description: 'how much of its answers gets through, all readers together',
      },
    },
  },
  describe: (args) =>
    `lets the object store with the copies answer with ${formatSize(rateOf(args))} a second, all readers together`,
  preview: (args) => [
    `node lab/slow-store/main.js <port> <port of the store> ${rateOf(args)}`,
    'S3 GetObject of the largest file of <newest set>, before and after',
  ],
  async inject(lab, { id, args, signal }): Promise<InjectedFault> {
    const kept = keptTruth<SlowStoreTruth>(lab, id);
    const location = trafficTarget(lab);
    const guard = async () =>
      guardLab(lab, location, `slow down the store of the backups of ${location.dataDirectory}`);
    await guard();
    let truth = kept.read();
    if (truth !== null && truth.after !== null) return injected(truth);
    truth ??= kept.write({
      ...{ v: 1, kind: 'slow-store', bytesPerSecondAllowed: rateOf(args) },
      ...{ portBehind: portOf(immutableOf(lab.state()).endpoint), port: await freePort() },
      ...{ before: await paceOf(lab, signal), after: null, at: null },
    });
    await guard();
    const { port, portBehind: targetPort, bytesPerSecondAllowed: bytesPerSecond, before } = truth;
    await startSlowStore(lab, { port, targetPort, bytesPerSecond, signal });
    const at = truth.at ?? new Date().toISOString();
    lab.update((state) => ({
      ...state,
      immutable: { ...immutableOf(state), endpoint: `http://127.0.0.1:${port}` },
    }));
    truth = kept.write({ ...truth, at });
    const after = await paceOf(lab, signal);
    // What was slow already would show nothing.
    if (after.bytesPerSecond > 2 * bytesPerSecond || 2 * after.bytesPerSecond > before.bytesPerSecond)
      throw new Failure('check', `the store is not slow: ${spell(before, after)}`);
    return injected(kept.write({ ...truth, after }));
  },
};

/** How fast the newest set comes, as whoever recovers reads it: as it was first put, whatever somebody put over it since. */
async function paceOf(lab: Lab, signal: AbortSignal): Promise<ReadPace> {
  const store = openOriginals(ownerStore(lab.state()), new Date(Date.now() + 2000).toISOString());
  const [newest] = (await listBackups(store, labTrustedKeys(lab))).sets;
  const largest = newest?.manifest.files.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (newest === undefined || largest === undefined)
    throw new Failure('unavailable', `no set that could be read lies in ${store.describe}`);
  return readPace(store, `${newest.id}/${largest.name}`, { ...sample, signal });
}

function injected(truth: SlowStoreTruth): InjectedFault {
  const { before, after, at } = truth;
  const message = after === null ? null : spell(before, after);
  return { groundTruth: asGroundTruth(truth), proof: { at, message } };
}

function spell(before: ReadPace, after: ReadPace): string {
  return `it gave ${formatSize(before.bytesPerSecond)}/s before and gives ${formatSize(after.bytesPerSecond)}/s now`;
}

function portOf(endpoint: string): number {
  return Number(new URL(endpoint).port);
}

function rateOf({ kilobytesPerSecond }: JsonObject): number {
  return (typeof kilobytesPerSecond === 'number' ? kilobytesPerSecond : 64) * 1000;
}
