import { formatDuration } from '../../base/index.js';
import {
  changeValue,
  deleteRow,
  dropConstraint,
  dropIndex,
  dropLargeObject,
  dropRole,
  forbidWrites,
  largestTable,
  largestUniqueIndex,
  orphanRows,
  plainRow,
  resetSequence,
  revokeGrant,
  scrambleFile,
  swapIndexEntries,
  userRelations,
  type Harm,
  type HurtDatabase,
} from '../../damage/index.js';
import { Failure } from '../../base/index.js';
import { checkPages } from '../verify/check-structure.js';
import { inside } from '../verify/inside.js';
import type { TestNumber } from '../verify/verification.js';
import { askCopy, ownCanary, rpoOf, type ClusterCopy } from './ask-copy.js';
import { everyKind, type Control } from './control.js';
import type { ProofGround } from './proof-ground.js';
import { withoutHarm } from './without-harm.js';

type Hurt = (copy: ClusterCopy, ground: ProofGround) => Promise<Harm | null>;

/** A fault of the restored cluster: made on a copy of it, which is asked like the cluster itself. */
export function clusterControl(
  test: TestNumber,
  id: string,
  title: string,
  lacks: string,
  hurt: Hurt,
): Control {
  return {
    ...{ id, title, test, lacks, kinds: everyKind },
    attempt: async (ground) => {
      const without = await withoutHarm(ground, test);
      const [outcome, harm] = await askCopy(ground, test, async (copy) => hurt(copy, ground));
      return harm === null ? null : { harm, without, with: outcome };
    },
  };
}

const dropped =
  (drop: (request: HurtDatabase) => Promise<Harm | null>): Hurt =>
  async ({ anywhere, allowedRoot }) =>
    anywhere(async (session) => drop({ session, allowedRoot }));

const loseRow: Hurt = async ({ tables, location, allowedRoot }) => {
  for (const { database, table } of tables) {
    const harm = await inside(location, database, async (session) =>
      deleteRow({ session, allowedRoot, table }),
    );
    if (harm !== null) return harm;
  }
  return null;
};

/** The page says that it is right: proven by asking pg_checksums before the test is asked. */
const changeSilently: Hurt = async (copy) => {
  const { tables, location, allowedRoot, offline } = copy;
  for (const { database, table } of tables) {
    const row = await inside(location, database, async (session) => plainRow(session, table));
    if (row === null) continue;
    const pages = await offline(async () => {
      await changeValue({ ...row, allowedRoot });
      return checkPages(copy);
    });
    if (pages.verdict !== 'pass')
      throw new Failure('check', `the change was not silent: ${pages.evidence.join('; ')}`);
    return {
      done: `one value of ${table} changed at (${row.block},${row.line}) of ${row.file}, its page's checksum made right: pg_checksums finds nothing`,
      names: [`${table} has `],
    };
  }
  return null;
};

/** Every table and index of one database, as ransomware leaves them; `names` gives what the test must say, null when it cannot. */
const scrambleAll =
  (names: (relations: readonly string[], copy: ClusterCopy) => readonly string[] | null): Hurt =>
  async (copy) => {
    const { anywhere, allowedRoot, offline } = copy;
    const relations = await anywhere(async (session) => {
      const found = await userRelations(session);
      const said = names(
        found.map(({ name }) => name),
        copy,
      );
      return found.length === 0 || said === null ? null : { found, said };
    });
    if (relations === null) return null;
    await offline(async () => {
      for (const { path } of relations.found) await scrambleFile({ path, allowedRoot });
    });
    return {
      done: `${relations.found.length} files of tables and indexes overwritten with random bytes`,
      names: relations.said,
    };
  };

const contentLost = scrambleAll((relations, { tables }) => {
  const found = tables.find(({ table }) =>
    relations.some((name) => name === table || name.endsWith(`.${table}`)),
  );
  return found === undefined ? null : [`${found.table} cannot be read`];
});

const pagesLost = scrambleAll(() => ['checksum verification failed']);

const hurtHeap: Hurt = async ({ anywhere, allowedRoot, offline }) => {
  const relation = await anywhere(largestTable);
  if (relation === null) return null;
  const harm = await offline(async () =>
    scrambleFile({ path: relation.path, allowedRoot, from: 4096, bytes: 64 }),
  );
  return { done: `${relation.name}: ${harm.done}`, names: [relation.file] };
};

const hurtIndex: Hurt = async (copy) => {
  const { anywhere, allowedRoot, offline } = copy;
  const index = await anywhere(largestUniqueIndex);
  if (index === null) return null;
  const [block, pages] = await offline(
    async () => [await swapIndexEntries({ ...index, allowedRoot }), await checkPages(copy)] as const,
  );
  if (pages.verdict !== 'pass')
    throw new Failure('check', `the change was not silent: ${pages.evidence.join('; ')}`);
  return {
    done: `two entries of ${index.name} swapped in block ${block}, its page's checksum made right: pg_checksums finds nothing`,
    names: [index.name.slice(index.name.indexOf('.') + 1)],
  };
};

const ageCanary: Hurt = async ({ location }, ground) => {
  const olderMs = 2 * rpoOf(ground);
  await inside(location, location.database, async (session) =>
    session.query(`update ${ownCanary.table} set at = at - make_interval(secs => $1)`, [olderMs / 1000]),
  );
  return {
    done: `the newest canary made ${formatDuration(olderMs)} older`,
    names: ['the newest canary is ', 'allowed are '],
  };
};

const readOnly: Hurt = async ({ location, allowedRoot }) =>
  inside(location, location.database, async (session) => forbidWrites({ session, allowedRoot }));

export const clusterControls: readonly Control[] = [
  clusterControl(4, 'dropped-grant', 'one grant dropped', 'the set has no grant', dropped(revokeGrant)),
  clusterControl(4, 'dropped-role', 'one role dropped', 'no role of the set can go', dropped(dropRole)),
  clusterControl(
    ...([4, 'dropped-large-object', 'one large object dropped'] as const),
    ...(['the set has no large object', dropped(dropLargeObject)] as const),
  ),
  clusterControl(
    ...([4, 'dropped-index', 'one index dropped'] as const),
    ...(['the set has no index but those of constraints', dropped(dropIndex)] as const),
  ),
  clusterControl(
    ...([4, 'dropped-constraint', 'one constraint dropped'] as const),
    ...(['the set has neither foreign keys nor checks', dropped(dropConstraint)] as const),
  ),
  clusterControl(
    ...([6, 'silent-change', 'one value changed where no checksum sees it'] as const),
    ...(['no table whose content is known begins with a number or a time', changeSilently] as const),
  ),
  clusterControl(6, 'missing-row', 'one row missing', 'the content of no table is known', loseRow),
  clusterControl(
    ...([6, 'ransomware-content', 'tables and indexes encrypted: their content'] as const),
    ...(['the content of no table is known', contentLost] as const),
  ),
  clusterControl(
    ...([7, 'ransomware-pages', 'tables and indexes encrypted: their pages'] as const),
    ...(['the set has no table with rows', pagesLost] as const),
  ),
  clusterControl(7, 'damaged-page', 'a page of a table damaged', 'the set has no table with rows', hurtHeap),
  clusterControl(
    ...([7, 'damaged-index', 'an index in the wrong order, its checksums right'] as const),
    ...(['the set has no unique index with entries', hurtIndex] as const),
  ),
  clusterControl(
    ...([7, 'sequence-set-back', 'one sequence set back'] as const),
    ...(['the set has no used sequence', dropped(resetSequence)] as const),
  ),
  clusterControl(
    ...([7, 'orphaned-rows', 'a foreign key violated underneath'] as const),
    ...(['the set has no foreign key in use', dropped(orphanRows)] as const),
  ),
  clusterControl(8, 'old-canary', 'the newest canary too old', 'never', ageCanary),
  clusterControl(8, 'read-only', 'a server that takes no writes', 'never', readOnly),
];
