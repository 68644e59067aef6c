import {
  fenceRegion,
  liftFence,
  lookAtFence,
  probeRegion,
  regionsOf,
  storeOfB,
  wakeAndWrite,
  type Lab,
} from '../../lab/index.js';
import type { NamedStore } from '../environment.js';
import type { RegionPort } from './region-port.js';

const never = new AbortController().signal;

/** A lab's two regions; null for a lab that has one. */
export function labRegions(lab: Lab): RegionPort | null {
  if (regionsOf(lab) === 1) return null;
  return {
    probe: async ({ attempts, timeoutMs, signal = never }) =>
      probeRegion(lab, { attempts, timeoutMs, signal }),
    fence: async (why) => {
      await fenceRegion(lab, why);
    },
    lookAtFence: async () => lookAtFence(lab),
    liftFence: async () => liftFence(lab),
    wakeAndWrite: async ({ signal = never }) => wakeAndWrite(lab, signal),
  };
}

/** The store of region B, by its name, where there is one. */
export function secondStore(lab: Lab): readonly (readonly [string, () => NamedStore])[] {
  return regionsOf(lab) === 1 ? [] : [['region-b', () => ({ store: storeOfB(lab), lockMs: null })]];
}
