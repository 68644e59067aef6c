import { holdStore, planPrune, prune } from '../../backup/index.js';
import { parseDuration } from '../../base/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { namedStore } from './named-store.js';

export const storePrune = defineAction({
  name: 'store.prune',
  with: args(
    {
      store: { type: 'string' },
      keep: {
        type: 'integer',
        minimum: 1,
        description: 'how many sets of each source and way stay at least',
      },
      for: { type: 'string', pattern: '^([0-9]+(ms|s|m|h|d))+$', description: 'how long, such as 30d' },
    },
    ['store', 'keep', 'for'],
  ),
  outputs: {
    removed: 'ids of the sets that are gone',
    stays: 'each set that stays, and why',
    left: 'what the store would not let go, and why',
  },
  effect: 'idempotent',
  destroys: true,
  describe: (given) =>
    `Remove from store ${shown(given['store'])} what is older than ${shown(given['for'])}, never the newest ${shown(given['keep'])} nor the last verified`,
  preview: (given) => [`firedrill prune --dry-run shows what would go from ${shown(given['store'])}`],
  perform: async (given, { environment, signal, output }) => {
    const { store } = namedStore(environment, given['store']);
    const hold = await holdStore(store, { work: 'prune', purpose: 'prune', waitMs: 60_000, signal });
    try {
      const plan = await planPrune({
        ...{ store, trusted: environment.trusted, source: environment.name, now: new Date() },
        retention: { keep: Number(given['keep']), forMs: parseDuration(text(given['for'])) ?? 0 },
      });
      const { removed, left } = await prune(store, plan, { signal, output });
      const stays = plan.sets.filter((set) => !set.remove).map((set) => `${set.id}: ${set.why}`);
      return { outputs: { removed, stays, left: left.map((one) => `${one.what}: ${one.problem}`) } };
    } finally {
      await hold.release();
    }
  },
});
