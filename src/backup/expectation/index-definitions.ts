import { textColumn, type Session } from '../../postgres/index.js';
import type { IndexDefinitions } from './structure-shape.js';
import { inSchema, userSchema } from './structure-sql.js';

/** Every index of users' tables with its definition, names with their schemas. */
export async function readIndexDefinitions(session: Session): Promise<IndexDefinitions> {
  const rows = await session.transaction(
    async (inside) => {
      await inside.query(`set local search_path = ''; set local quote_all_identifiers = off`);
      return inside.query(
        `select ${inSchema('c.relname')} as name, pg_get_indexdef(c.oid) as definition
           from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
          where c.relpersistence <> 't' and ${userSchema}`,
      );
    },
    { readOnly: true },
  );
  return Object.fromEntries(rows.map((row) => [textColumn(row, 'name'), textColumn(row, 'definition')]));
}
