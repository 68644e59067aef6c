import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Failure } from '../base/index.js';
import { textColumn, type Session } from '../postgres/index.js';
import { pageBytes } from './heap-page-layout.js';

/** The files of one heap, each segment at most 1 GB. */
export interface RelationFile {
  /** As the server quotes it, safe in SQL. */
  readonly name: string;
  readonly filenode: number;
  readonly databaseOid: number;
  readonly pages: number;
  /** File and byte offset of a page. */
  place(page: number): { readonly file: string; readonly offset: number };
}

/** Pages in one segment file: 1 GB, PostgreSQL's default. */
const segmentPages = 131_072;

/**
 * Finds the heap of `relation`. Rejects with `invalid` when it is no table with rows of its own, with `refused` when its file,
 * links followed, lies outside `allowedRoot`.
 */
export async function locateRelation(
  session: Session,
  dataDirectory: string,
  allowedRoot: string,
  relation: string,
): Promise<RelationFile> {
  const [row] = await session.query(
    `select format('%I.%I', n.nspname, c.relname) as name, c.relkind::text as kind, c.relpersistence::text as persistence,
        pg_relation_filenode(c.oid)::int8 as filenode, pg_relation_filepath(c.oid) as path,
        (select oid::int8 from pg_database where datname = current_database()) as database,
        pg_relation_size(c.oid) as bytes, current_setting('block_size')::int as block
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [relation],
  );
  if (row === undefined || !['r', 'm'].includes(textColumn(row, 'kind')) || row['persistence'] === 't')
    throw new Failure('invalid', `'${relation}' is no table with rows of its own`);
  if (row['block'] !== pageBytes)
    throw new Failure(
      'refused',
      `the server's block size is ${JSON.stringify(row['block'])}, not ${pageBytes}`,
    );
  const path = join(dataDirectory, textColumn(row, 'path'));
  const real = await realpath(path);
  const root = await realpath(allowedRoot);
  if (!real.startsWith(root + sep) || (await lstat(path)).isSymbolicLink())
    throw new Failure('refused', `file ${path} of ${relation} leads to ${real}, outside ${root}`);
  return {
    name: textColumn(row, 'name'),
    filenode: Number(row['filenode']),
    databaseOid: Number(row['database']),
    pages: Math.floor(Number(row['bytes']) / pageBytes),
    place(page) {
      const segment = Math.floor(page / segmentPages);
      return {
        file: segment === 0 ? real : `${real}.${segment}`,
        offset: (page % segmentPages) * pageBytes,
      };
    },
  };
}
