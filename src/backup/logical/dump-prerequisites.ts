import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { hasTool, textColumn, type PostgresTools, type Session } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import { isSetName } from '../set/backup-set.js';
import { manifestName, parseSignedManifest } from '../set/manifest.js';
import { requireRoom } from '../set/require-room.js';

/**
 * What would make a dump fail, or lie, an hour from now. Rejects with `unavailable` for a missing or older program and for too
 * little room, `refused` for rights that do not reach.
 */
export async function requireDumpable(
  tools: PostgresTools,
  session: Session,
  { store, source }: { readonly store: LocalStore; readonly source: string },
): Promise<{ readonly superuser: boolean }> {
  for (const name of ['pg_dump', 'pg_dumpall']) {
    if (await hasTool(tools, name)) continue;
    throw new Failure('unavailable', `${name} is not in ${tools.binDirectory}`, {
      hint: 'Install PostgreSQL’s client programs, on Debian `apt-get install postgresql-client`.',
      retryable: false,
    });
  }
  const [row] = await session.query(
    `select current_setting('server_version_num')::int4 / 10000 as major, current_user::text as me,
            r.rolsuper as super, r.rolsuper or r.rolbypassrls as bypass,
            (select sum(pg_database_size(oid)) from pg_database where datallowconn)::text as bytes
       from pg_roles r where r.rolname = current_user`,
  );
  const major = Number(row?.['major']);
  if (major > tools.major) {
    throw new Failure(
      'unavailable',
      `the server is PostgreSQL ${major}, pg_dump is of ${tools.major} and cannot read it`,
      {
        hint: `Install the programs of version ${major}, on Debian \`apt-get install postgresql-client-${major}\`.`,
        retryable: false,
      },
    );
  }
  const me = textColumn(row, 'me');
  if (row?.['bypass'] !== true) {
    throw new Failure(
      'refused',
      `role ${me} may be kept from rows by row security, so its dump could not be whole`,
      {
        hint: `Let it pass: \`alter role "${me}" bypassrls\`, and \`grant pg_read_all_data, pg_monitor to "${me}"\`; or dump as a superuser.`,
      },
    );
  }
  // What a dump takes is not known before it was once made: then a tenth more than the last. Compressed it has hardly ever more
  // than half of what the database has.
  const last = await lastSize(store, source);
  await requireRoom(store.directory, last === null ? Number(row['bytes'] ?? 0) / 2 : last * 1.1, 'backup');
  return { superuser: row['super'] === true };
}

/** Bytes of this source's newest dump. Its signature is not looked at: a wrong size here costs nothing but a late failure. */
async function lastSize(store: LocalStore, source: string): Promise<number | null> {
  const ids = (await store.folders('')).filter((name) => isSetName(name) && name.includes('-logical-'));
  for (const id of ids.sort().reverse()) {
    const text = await readFile(join(store.directory, id, manifestName), 'utf8').catch(() => '');
    const signed = parseSignedManifest(text);
    if (typeof signed === 'string' || signed.manifest.source !== source) continue;
    return signed.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  return null;
}
