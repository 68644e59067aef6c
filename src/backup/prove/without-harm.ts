import { join } from 'node:path';
import { openLocalStore } from '../../store/index.js';
import { fetchFiles } from '../verify/fetch-files.js';
import { readFiles, readWal } from '../verify/read-files.js';
import { together, type Outcome, type TestNumber } from '../verify/verification.js';
import { askCopy } from './ask-copy.js';
import { likeFolder, type ProofGround } from './proof-ground.js';

/** What a test says when nothing was done: measured on a copy made in the same way, once for all controls of that test. */
export async function withoutHarm(ground: ProofGround, n: TestNumber): Promise<Outcome> {
  const known = ground.without.get(n);
  if (known !== undefined) return known;
  const measuring = measure(ground, n);
  ground.without.set(n, measuring);
  return measuring;
}

async function measure(ground: ProofGround, n: TestNumber): Promise<Outcome> {
  const { request, opened, walDirectory, filesRoot, storeDirectory } = ground;
  const { tools, set, trusted, signal, toLsn } = request;
  if (n === 1) {
    const root = join(filesRoot, 'unhurt');
    await likeFolder(join(storeDirectory, set.id), join(root, set.id), []);
    return fetchFiles({
      ...{ store: openLocalStore(root), set, trusted, into: null },
      ...(signal === undefined ? {} : { signal }),
    });
  }
  if (n === 3)
    return together([await readFiles(tools, opened, signal), await readWal(opened, walDirectory, toLsn)]);
  if (n === 5) return ground.restoring;
  const [outcome] = await askCopy(ground, n, () => Promise.resolve({ done: 'nothing', names: [] }));
  return outcome;
}
