import { Failure } from '../base/index.js';
import type { Session } from '../postgres/index.js';

/** The canary ids that are in the database, ascending, read from the heap: a damaged or stale index must not answer. */
export async function listSurvivors(session: Session): Promise<readonly number[]> {
  const rows = await session.transaction(
    async (inside) => {
      await inside.query('set local enable_indexscan = off');
      await inside.query('set local enable_indexonlyscan = off');
      await inside.query('set local enable_bitmapscan = off');
      return inside.query('select id from firedrill.canary order by id');
    },
    { readOnly: true },
  );
  return rows.map((row) => {
    const id = Number(row['id']);
    if (!Number.isSafeInteger(id))
      throw new Failure('check', `canary id '${JSON.stringify(row['id'])}' is no whole number`);
    return id;
  });
}
