import { Failure } from '../base/index.js';
import type { Session } from '../postgres/index.js';
import type { RelationFile } from './relation-file.js';

/** Of the relation's end nothing is taken: rows are being added there, and its pages are in the cache. */
const usablePart = 0.8;

/**
 * Up to `count` pages spread evenly over the relation, none of them in the server's cache nor in `except`: a cached page would
 * be served from memory, and written over the damage. Rejects with `unavailable` when there is none.
 */
export async function choosePages(
  session: Session,
  relation: RelationFile,
  count: number,
  except: ReadonlySet<number>,
): Promise<readonly number[]> {
  const cached = await session.query(
    `select relblocknumber::int8 as page from pg_buffercache
     where relfilenode = $1 and reldatabase = $2 and relforknumber = 0`,
    [relation.filenode, relation.databaseOid],
  );
  const taken = new Set([...except, ...cached.map((row) => Number(row['page']))]);
  const usable = Math.max(1, Math.floor(relation.pages * usablePart));
  const chosen: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const page = nearestFree(Math.floor(((index + 0.5) / count) * usable), usable, taken);
    if (page === null) break;
    taken.add(page);
    chosen.push(page);
  }
  if (chosen.length === 0) {
    throw new Failure(
      'unavailable',
      `all ${relation.pages} pages of ${relation.name} are in the server's cache`,
      {
        hint: 'Damage a table larger than shared_buffers, or make the lab with a larger scale.',
      },
    );
  }
  return chosen;
}

function nearestFree(wanted: number, usable: number, taken: ReadonlySet<number>): number | null {
  for (let distance = 0; distance < usable; distance += 1) {
    for (const page of [wanted + distance, wanted - distance]) {
      if (page >= 0 && page < usable && !taken.has(page)) return page;
    }
  }
  return null;
}
