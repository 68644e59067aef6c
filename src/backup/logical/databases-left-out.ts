import { textColumn, type Session } from '../../postgres/index.js';
import type { Structure } from '../expectation/structure-shape.js';

export interface LeftOut {
  readonly name: string;
  /** As the recorded structure calls it. */
  readonly quoted: string;
  /** Whether it could have been dumped. */
  readonly connects: boolean;
}

/** Databases that a set does not hold; template0 is everybody's own. */
export async function databasesLeftOut(session: Session, held: readonly string[]): Promise<LeftOut[]> {
  const rows = await session.query(
    `select datname::text as name, quote_ident(datname) as quoted, datallowconn and datconnlimit <> -2 as connects
       from pg_database where datname <> 'template0' order by 1`,
  );
  return rows
    .map((row) => ({
      name: textColumn(row, 'name'),
      quoted: textColumn(row, 'quoted'),
      connects: row['connects'] === true,
    }))
    .filter(({ name }) => !held.includes(name));
}

/** The cluster's structure as a restore will have it. Those that every new cluster has are expected all the same. */
export function withoutDatabases(structure: Structure, quoted: readonly string[]): Structure {
  const gone = quoted.filter((name) => !['postgres', 'template1'].includes(name));
  const kept = (kind: string, isGone: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(structure[kind] ?? {}).filter(([name]) => !isGone(name)));
  return {
    ...structure,
    databases: kept('databases', (name) => gone.includes(name)),
    'role settings': kept('role settings', (name) => gone.some((one) => name.endsWith(` in ${one}`))),
  };
}
