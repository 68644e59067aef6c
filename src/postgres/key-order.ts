import { textColumn } from './column.js';
import type { Session } from './session.js';

export interface KeyOrder {
  /** Referenced tables before those that refer to them. */
  readonly order: readonly string[];
  /** Tables whose keys form circles: no order is right for them. */
  readonly inCircles: ReadonlySet<string>;
}

/** Orders tables (quoted and qualified) by the foreign keys among them; a key to oneself does not count. */
export async function orderByKeys(session: Session, tables: readonly string[]): Promise<KeyOrder> {
  const rows = await session.query(
    `select distinct t.name as table, r.name as refers from unnest($1::text[]) t(name), unnest($1::text[]) r(name), pg_constraint k
      where k.contype = 'f' and k.conrelid <> k.confrelid and t.name <> r.name
        and k.conrelid in (select relid from pg_partition_tree(t.name::regclass) union select t.name::regclass)
        and k.confrelid in (select relid from pg_partition_tree(r.name::regclass) union select r.name::regclass)`,
    [[...tables]],
  );
  const refers = new Map(tables.map((table) => [table, new Set<string>()]));
  for (const row of rows) refers.get(textColumn(row, 'table'))?.add(textColumn(row, 'refers'));
  return orderOf(refers);
}

/** Pure: from who refers to whom. */
export function orderOf(refers: ReadonlyMap<string, ReadonlySet<string>>): KeyOrder {
  const reach = (from: string): Set<string> => {
    const seen = new Set<string>();
    const next = [...(refers.get(from) ?? [])];
    for (let one = next.pop(); one !== undefined; one = next.pop()) {
      if (seen.has(one)) continue;
      seen.add(one);
      next.push(...(refers.get(one) ?? []));
    }
    return seen;
  };
  const reached = new Map([...refers.keys()].map((table) => [table, reach(table)]));
  const inCircles = new Set([...refers.keys()].filter((table) => reached.get(table)?.has(table) === true));
  // Whoever reaches another reaches all that the other reaches: fewer first is a right order wherever there is one.
  const size = (table: string) => reached.get(table)?.size ?? 0;
  return { order: [...refers.keys()].sort((a, b) => size(a) - size(b) || (a < b ? -1 : 1)), inCircles };
}
