import { statfs } from 'node:fs/promises';
import { Failure, formatSize } from '../../base/index.js';
import { hasTool, textColumn, type PostgresTools, type Session } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';

/**
 * What would make a dump fail, or lie, an hour from now. Rejects with `unavailable` for a missing or older program and for too
 * little room, `refused` for rights that do not reach.
 */
export async function requireDumpable(
  tools: PostgresTools,
  session: Session,
  store: LocalStore,
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
        hint: `Let it pass: \`alter role "${me}" bypassrls\`, and grant it \`pg_read_all_data\`; or dump as a superuser.`,
      },
    );
  }
  // What a dump takes is not known before; compressed it has hardly ever more than half of what the database has.
  await requireRoom(store, Number(row['bytes'] ?? 0) / 2);
  return { superuser: row['super'] === true };
}

async function requireRoom(store: LocalStore, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(store.directory);
  if (bavail * bsize >= bytes) return;
  throw new Failure(
    'unavailable',
    `no room for a backup in ${store.directory}: ${formatSize(bavail * bsize)} free, ${formatSize(bytes)} needed`,
    {
      hint: `Free some space, or choose another store; \`df -h ${store.directory}\` shows it.`,
      retryable: false,
    },
  );
}
