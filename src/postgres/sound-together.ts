import { readFromHeap } from './content-hash.js';
import { judge, type CheckedRelation } from './relation-checks.js';
import type { Session } from './session.js';

/** In pages, as they were last counted: to read the group again, each by itself, costs little. */
const smallPages = 64;
/**
 * A group holds the locks of all of it while it waits for one: it gives up before anybody's deadlock is looked for (1 s unless configured
 * otherwise), and each is waited for by itself.
 */
const lockTimeout = '200ms';
const groupSize = 50;

/**
 * Relations that are read and checked alike and found sound in one go: a database has hundreds that are small, and most of the time for
 * one of them goes into asking. A group in which anything is wrong says nothing about its members: each is to be checked by itself.
 */
export function inGroups(relations: readonly CheckedRelation[], amcheck: string | null): CheckedRelation[][] {
  const small = relations.filter(({ pages }) => pages !== null && pages <= smallPages);
  const heaps = small.filter(({ kind, catalog }) => kind === 't' || (kind === 'r' && catalog));
  const indexes = small.filter(({ kind, method, valid }) => kind === 'i' && method === 'btree' && valid);
  return [...split(heaps), ...(amcheck === null ? [] : split(indexes))];
}

/** Whether every one of a group of `inGroups` is sound; false also where it cannot be told. A lost connection rejects. */
export async function areSound(
  session: Session,
  group: readonly CheckedRelation[],
  amcheck: string | null,
): Promise<boolean> {
  const oids = group.map(({ oid }) => oid);
  const each = (check: string) => `select 1 from unnest($1::int8[]) r(oid), lateral ${check}`;
  try {
    return await session.transaction(
      async (inside) => {
        await readFromHeap(inside);
        await inside.query(`set local lock_timeout = '${lockTimeout}'`);
        if (group.some(({ kind }) => kind === 'i')) {
          await inside.query(each(`${amcheck ?? ''}.bt_index_check(r.oid::oid::regclass)`), [oids]);
          return true;
        }
        await inside.query(
          `select ${group.map(({ sql }) => `(select count(*) from only ${sql})`).join(', ')}`,
        );
        if (amcheck === null) return true;
        const found = await inside.query(each(`${amcheck}.verify_heapam(r.oid::oid::regclass) limit 1`), [
          oids,
        ]);
        return found.length === 0;
      },
      { readOnly: true },
    );
  } catch (failure) {
    judge(failure);
    return false;
  }
}

function split(relations: readonly CheckedRelation[]): CheckedRelation[][] {
  const groups: CheckedRelation[][] = [];
  for (let from = 0; from < relations.length; from += groupSize)
    groups.push(relations.slice(from, from + groupSize));
  return groups;
}
