import { Failure } from '../base/index.js';
import type { Between } from './between-clusters.js';
import type { PlaceSet } from './place-set.js';
import { quoteName } from './quote.js';
import { pump } from './table-parts.js';

export interface StageRequest {
  readonly table: string;
  readonly columns: readonly string[];
  /** Both are the same cluster at different times; see `sameSystem`. */
  readonly alike: boolean;
  /** On the side instance; null: every row. */
  readonly places: PlaceSet | null;
}

export const stageTable = 'pg_temp.firedrill_side';

/** Row places travel inside the statement: this many make some hundred kilobytes of it. */
const placesAtOnce = 5000;

/**
 * Copies rows of the side instance into a temporary table of the target, which the caller drops. Rejects with `refused` when a place
 * that was named holds no row there.
 */
export async function stageRows({ from, into, target }: Between, request: StageRequest): Promise<number> {
  const { table, columns, alike, places } = request;
  const list = columns.map(quoteName).join(', ');
  await target.query(
    `create temporary table firedrill_side on commit drop as select ${list} from ${table} with no data`,
  );
  const format = alike ? 'binary' : 'text';
  const copy = async (source: string) => pump(from, into, { source, table: stageTable, columns, format });
  let rows = 0;
  if (places === null) rows = await copy(table);
  for (const part of places?.inParts(placesAtOnce) ?? []) {
    const some = part.map((place) => `"${place}"`).join(',');
    rows += await copy(`only ${table} where ctid = any('{${some}}'::tid[])`);
  }
  if (places !== null && rows !== places.size)
    throw new Failure(
      'refused',
      `the side instance has ${rows} of the ${places.size} rows of ${table} that the log names`,
      { hint: 'Restore it again to just before the transaction.' },
    );
  await target.query(`analyze ${stageTable}`);
  return rows;
}
