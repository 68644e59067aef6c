import { textColumn, textOrNull, type Session } from '../../postgres/index.js';
import { clusterKinds } from './structure-cluster.js';
import { relationQueries } from './structure-relations.js';
import { serviceQueries } from './structure-services.js';
import type { Has, KindQueries } from './structure-sql.js';
import { typeQueries } from './structure-types.js';

/** Every kind of object of one database. */
export const databaseQueries: KindQueries = (has) => ({
  ...relationQueries(has),
  ...typeQueries(has),
  ...serviceQueries(has),
});

/** Every kind of object of the cluster. */
export const clusterQueries: KindQueries = clusterKinds;

/** Asks the server which catalogues it has, and with which columns. */
export async function probeCatalog(session: Session): Promise<Has> {
  const rows = await session.query(
    `select c.relname::text as catalog, a.attname::text as column from pg_catalog.pg_class c
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r'`,
  );
  const there = new Set(
    rows.flatMap((row) => [
      textColumn(row, 'catalog'),
      `${textColumn(row, 'catalog')}.${textOrNull(row, 'column') ?? ''}`,
    ]),
  );
  return (catalog, column) => there.has(column === undefined ? catalog : `${catalog}.${column}`);
}
