import { join } from 'node:path';
import { textColumn, type Session } from '../postgres/index.js';

/** A relation as a file, found out while the server still runs, to be hurt when it does not. */
export interface RelationPlace {
  readonly name: string;
  /** Below the data directory, as the server's own messages and pg_checksums name it. */
  readonly file: string;
  readonly path: string;
  readonly pages: number;
}

/** Of 8192 bytes, in a file of 1 GB. */
const firstFilePages = 131_072;

const place = `pg_relation_filepath(c.oid) as file, (pg_relation_size(c.oid) / current_setting('block_size')::int)::text as pages,
  format('%I.%I', n.nspname, c.relname) as name`;
const userTables = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relpersistence = 'p'`;

async function find(session: Session, sql: string, values: readonly string[] = []): Promise<RelationPlace[]> {
  const [where] = await session.query(`select current_setting('data_directory') as directory`);
  const rows = await session.query(sql, values);
  return rows.map((row) => ({
    name: textColumn(row, 'name'),
    file: textColumn(row, 'file'),
    path: join(textColumn(where, 'directory'), textColumn(row, 'file')),
    pages: Number(textColumn(row, 'pages')),
  }));
}

/** A live row as it lies in its file. */
export interface RowPlace extends RelationPlace {
  readonly block: number;
  readonly line: number;
}

/** A row of the table (or of one of its partitions) whose first column is a number or a time that is never null; null: none. */
export async function plainRow(session: Session, table: string): Promise<RowPlace | null> {
  const leaves = await find(
    session,
    `select ${place} from (select to_regclass($1)::oid as oid union select relid::oid from pg_partition_tree(to_regclass($1))) leaf
       join pg_class c on c.oid = leaf.oid join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum = 1 and a.attnotnull and not a.attisdropped
       join pg_type y on y.oid = a.atttypid and y.typname in ('int2', 'int4', 'int8', 'date', 'timestamp', 'timestamptz')
      where c.relkind = 'r' and pg_relation_size(c.oid) > 0 order by 3`,
    [table],
  );
  for (const leaf of leaves) {
    const [row] = await session.query(
      `select (ctid::text::point)[0]::int8 as block, (ctid::text::point)[1]::int8 as line from only ${leaf.name} limit 1`,
    );
    const [block, line] = [Number(row?.['block'] ?? -1), Number(row?.['line'] ?? -1)];
    if (block >= 0 && block < firstFilePages) return { ...leaf, block, line };
  }
  return null;
}

/** The largest table of users that has pages. */
export async function largestTable(session: Session): Promise<RelationPlace | null> {
  const [found] = await find(
    session,
    `select ${place} from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and ${userTables} and pg_relation_size(c.oid) > 0 order by pg_relation_size(c.oid) desc limit 1`,
  );
  return found ?? null;
}

/** The largest unique B-tree of users. */
export async function largestUniqueIndex(session: Session): Promise<RelationPlace | null> {
  const [found] = await find(
    session,
    `select ${place} from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_am m on m.oid = c.relam
      where c.relkind = 'i' and i.indisunique and i.indisvalid and m.amname = 'btree' and ${userTables} and pg_relation_size(c.oid) > 8192
        and (select reltuples from pg_class where oid = i.indrelid) <> 0
      order by pg_relation_size(c.oid) desc limit 1`,
  );
  return found ?? null;
}

/** Every table and index of users. */
export async function userRelations(session: Session): Promise<RelationPlace[]> {
  return find(
    session,
    `select ${place} from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'i', 'm') and ${userTables} and pg_relation_size(c.oid) > 0 order by 3`,
  );
}
