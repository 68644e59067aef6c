import { args, defineAction, shown } from '../define.js';
import { namedStore } from './named-store.js';

export const storeCheck = defineAction({
  name: 'store.check',
  with: args({ store: { type: 'string', description: 'name of a store of the configuration' } }, ['store']),
  outputs: {
    ok: 'true: the store answered; a store that does not makes the step fail',
    place: 'where it is',
    versioning: 'whether it keeps versions',
    objectLock: 'whether versions can be locked',
    defaultLockMs: 'how long every new object is locked without being asked to, in milliseconds; null: not',
    clockSkewMs: 'the store’s clock minus ours, in milliseconds',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `Ask store ${shown(given['store'])} whether it answers, and what it can`,
  preview: (given) => [`asks store ${shown(given['store'])}: versioning, object lock, clock`],
  perform: async (given, { environment, signal }) => {
    const { store } = namedStore(environment, given['store']);
    const { versioning, objectLock, defaultLockMs, clockSkewMs } = await store.probe(signal);
    return {
      outputs: { ok: true, place: store.describe, versioning, objectLock, defaultLockMs, clockSkewMs },
    };
  },
});
