import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { textColumn, type Session } from '../../postgres/index.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { clusterWide } from '../expectation/structure.js';
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
  const file = JSON.parse(await readFile(join(set.directory, structureFileName), 'utf8')) as StructureFile;
  const names = (database: string, kind: string) => Object.keys(file.databases[database]?.[kind] ?? {});
  const missing = [
    ...(await absent(
      session,
      'role',
      names(clusterWide, 'roles'),
      'select rolname::text as name from pg_roles',
    )),
    ...(await absent(
      session,
      'extension',
      names(facts.name, 'extensions'),
      'select name::text as name from pg_available_extensions',
    )),
    ...(await absent(
      session,
      'tablespace',
      names(clusterWide, 'tablespaces'),
      'select spcname::text as name from pg_tablespace',
    )),
    ...(await olderServer(session, set)),
  ];
  if (missing.length === 0) return;
  throw new Failure('refused', `database ${facts.name} cannot be restored here: ${missing.join('; ')}`, {
    hint: 'Nothing was changed. Make the roles and tablespaces, install the extensions’ packages, and try again; or restore into a cluster of its own.',
  });
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

async function olderServer(session: Session, set: StagedSet<LogicalManifest>): Promise<string[]> {
  const [row] = await session.query(`select current_setting('server_version_num')::int4 / 10000 as major`);
  const [is, was] = [Number(row?.['major']), set.manifest.server.major];
  return is < was ? [`the server is PostgreSQL ${is}, the dump is of ${was}`] : [];
}
