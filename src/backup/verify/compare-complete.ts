import type { Structure } from '../expectation/structure-shape.js';
import { compareStructures, readStructure } from '../expectation/structure.js';
import { partDifferences } from './expected-losses.js';
import { readExpected, type Restored } from './restored.js';
import { judge, notRun, type Outcome } from './verification.js';

/** More lines help nobody. */
const mostLines = 50;

/** Test 4: every object as recorded. What this way of taking a backup cannot bring back, and said so, is named, not counted. */
export async function compareComplete({ location, set }: Restored): Promise<Outcome> {
  if (!set.manifest.expectation.structureExact)
    return notRun('the structure changed all the while the backup recorded it');
  const expected = await readExpected(set);
  const actual = held(expected.databases, (await readStructure(location)).databases);
  const counts = Object.values(expected.databases).flatMap((kinds) =>
    Object.values(kinds).map((objects) => Object.keys(objects).length),
  );
  const total = counts.reduce((sum, one) => sum + one, 0);
  const differences = compareStructures(expected.databases, actual);
  const { unexpected, announced } = partDifferences(differences, set.manifest.losses);
  return judge(unexpected.slice(0, mostLines), [
    `${total - announced.length} objects of ${Object.keys(expected.databases).length - 1} databases and the cluster are as recorded, owners and grants included`,
    ...announced.slice(0, mostLines).map((one) => `announced when the backup was taken: ${one}`),
  ]);
}

/** These come with every new cluster, also when the set holds neither. */
function held(
  expected: { readonly [database: string]: Structure },
  actual: { readonly [database: string]: Structure },
): { readonly [database: string]: Structure } {
  const foreign = ['postgres', 'template1'].filter((name) => !Object.hasOwn(expected, name));
  return Object.fromEntries(Object.entries(actual).filter(([name]) => !foreign.includes(name)));
}
