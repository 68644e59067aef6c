import { fetchFiles, listBackups, type ListedSet, type Outcome } from '../../backup/index.js';
import type { Store } from '../../store/index.js';
import { args, defineAction, shown, text } from '../define.js';
import { namedStore } from './named-store.js';

export const storeHas = defineAction({
  name: 'store.has',
  with: args({ store: { type: 'string' }, backup: { type: 'string' } }, ['store', 'backup']),
  outputs: {
    ok: 'whether every file was read from the store and is as the signed manifest says',
    lockedUntil: 'the earliest end of the locks of its files (UTC); null: some are not locked',
    problems: 'what is wrong with it',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Read backup ${shown(given['backup'])} from store ${shown(given['store'])} and compare every file with its manifest`,
  preview: () => ['size and SHA-256 of every object of the set, and until when each is locked'],
  perform: async (given, { environment, signal, output }) => {
    const { store } = namedStore(environment, given['store']);
    const id = text(given['backup']);
    const { sets, broken } = await listBackups(store, environment.trusted);
    const set = sets.find((one) => one.id === id);
    const problems =
      set === undefined
        ? [broken.find((one) => one.id === id)?.problem ?? 'it is not in the store']
        : problemsIn(await fetchFiles({ store, set, trusted: environment.trusted, into: null, signal }));
    for (const problem of problems) output(`${id}: ${problem}\n`);
    const lockedUntil = set === undefined ? null : await earliestEnd(store, set);
    return { outputs: { ok: problems.length === 0, lockedUntil, problems } };
  },
});

function problemsIn({ verdict, evidence }: Outcome): readonly string[] {
  return verdict === 'pass' ? [] : evidence;
}

async function earliestEnd(store: Store, { id, manifest }: ListedSet): Promise<string | null> {
  const ends = await Promise.all(
    manifest.files.map(async ({ name }) => (await store.head(`${id}/${name}`))?.lockedUntil ?? null),
  );
  return ends.includes(null) ? null : (ends.sort()[0] ?? null);
}
