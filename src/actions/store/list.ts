import { lastVerification, listBackups } from '../../backup/index.js';
import { args, defineAction, shown } from '../define.js';
import { namedStore } from './named-store.js';

export const storeList = defineAction({
  name: 'store.list',
  with: args({ store: { type: 'string' } }, ['store']),
  outputs: {
    sets: 'ids of the sets, newest first',
    newest: 'id of the newest; null: there is none',
    newestAt: 'when it was complete (UTC)',
    lastVerified: 'id of the newest set that passed a verification; null: none did',
    broken: 'what lies there like a set and is none, and why',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `List the backups in store ${shown(given['store'])}`,
  preview: () => ['every manifest of the store, its signature checked'],
  perform: async (given, { environment, output }) => {
    const { store } = namedStore(environment, given['store']);
    const { sets, broken } = await listBackups(store, environment.trusted);
    let lastVerified: string | null = null;
    for (const set of sets) {
      if (lastVerified !== null) break;
      if ((await lastVerification(store, set, environment.trusted)) !== null) lastVerified = set.id;
    }
    for (const set of sets) output(`${set.id}: ${set.manifest.kind}, ${set.manifest.times.engineEnded}\n`);
    for (const one of broken) output(`not a set: ${one.id}: ${one.problem}\n`);
    return {
      outputs: {
        sets: sets.map((set) => set.id),
        newest: sets[0]?.id ?? null,
        newestAt: sets[0]?.manifest.times.engineEnded ?? null,
        lastVerified,
        broken: broken.map((one) => `${one.id}: ${one.problem}`),
      },
    };
  },
});
