import { Failure } from '../../base/index.js';
import { textColumn, type Session } from '../../postgres/index.js';
import type { StagedSet } from '../set/backup-set.js';
import type { LogicalManifest } from '../set/manifest.js';
import type { DatabaseFacts } from './cluster-facts.js';

/**
 * Looks whether a cluster has what a database of the set needs, before anything is made: all at once, so that it is not learnt one
 * failed restore at a time. Rejects with `refused`, naming everything that is missing.
 */
export async function requireHome(
  session: Session,
  set: StagedSet<LogicalManifest>,
  facts: DatabaseFacts,
): Promise<void> {
  const { roles, tablespaces } = facts.needs;
  const missing = [
    ...(await absent(session, 'role', roles, 'select rolname::text as name from pg_roles')),
    ...(await missingExtensions(session, facts)),
    ...(await absent(session, 'tablespace', tablespaces, 'select spcname::text as name from pg_tablespace')),
    ...(await missingLocales(session, facts)),
    ...(await olderServer(session, set)),
  ];
  if (missing.length === 0) return;
  throw new Failure('refused', `database ${facts.name} cannot be restored here: ${missing.join('; ')}`, {
    hint: 'Nothing was changed. Make the roles and tablespaces, install the extensions’ packages and the locales, and try again; or restore into a cluster of its own.',
  });
}

/** Extensions of the database that the server cannot make, a line each. */
export async function missingExtensions(session: Session, { needs }: DatabaseFacts): Promise<string[]> {
  return absent(
    session,
    'extension',
    needs.extensions,
    'select name::text as name from pg_available_extensions',
  );
}

async function absent(
  session: Session,
  what: string,
  wanted: readonly string[],
  sql: string,
): Promise<string[]> {
  const there = new Set((await session.query(sql)).map((row) => textColumn(row, 'name')));
  return wanted.filter((name) => !there.has(name)).map((name) => `${what} ${name} is missing`);
}

/** The server lists the locales that its machine had when it was made; what a database of it uses is there too. */
async function missingLocales(session: Session, facts: DatabaseFacts): Promise<string[]> {
  const rows = await session.query(
    `select distinct x.name::text as name from (select collcollate from pg_collation where collprovider in ('c', 'd')
       union select collctype from pg_collation where collprovider in ('c', 'd')
       union select datcollate from pg_database union select datctype from pg_database) x(name) where x.name <> ''`,
  );
  const there = new Set(['c', 'posix', ...rows.map((row) => plain(textColumn(row, 'name')))]);
  const wanted = [...new Set([facts.collate, facts.ctype])].filter((name) => !there.has(plain(name)));
  const [icu] = await session.query(
    `select exists (select from pg_collation where collprovider = 'i') as there`,
  );
  return [
    ...wanted.map((name) => `locale ${name} is missing`),
    ...(facts.provider === 'icu' && icu?.['there'] !== true ? ['the server was built without ICU'] : []),
  ];
}

/** `de_DE.UTF-8` and `de_DE.utf8` are the same. */
const plain = (locale: string) => locale.toLowerCase().replace(/\.utf-8$/, '.utf8');

async function olderServer(session: Session, set: StagedSet<LogicalManifest>): Promise<string[]> {
  const [row] = await session.query(`select current_setting('server_version_num')::int4 / 10000 as major`);
  const [is, was] = [Number(row?.['major']), set.manifest.server.major];
  return is < was ? [`the server is PostgreSQL ${is}, the dump is of ${was}`] : [];
}
