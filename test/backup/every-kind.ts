import {
  connectTo,
  makeOwnedDirectory,
  type ClusterLocation,
  type Session,
} from '../../src/postgres/index.js';
import { relations } from './every-kind/relations.js';
import { clusterWide, rights, roles } from './every-kind/roles.js';
import { services, values } from './every-kind/services.js';
import { types } from './every-kind/types.js';

/** Every kind of object lies in the first; the second is small and has a name that wants quoting. */
export const everyKindDatabases = ['everything', 'Second "dätabase"'] as const;

/**
 * Makes a tablespace, roles and two databases with every kind of object that PostgreSQL has, and values that careless ways lose.
 * The location's user must be a superuser; an UTF-8 cluster; the tablespace's folder is made, and given to the server's account.
 */
export async function makeEveryKind(
  location: ClusterLocation,
  options: { readonly tablespaceDirectory: string },
): Promise<void> {
  const [first, second] = everyKindDatabases;
  await makeOwnedDirectory(options.tablespaceDirectory, location.account);
  await inside(location, location.database, async (session) => {
    await session.query(roles);
    await session.query('create role auditor_super superuser nologin');
    await session.query(`create tablespace far_away location '${options.tablespaceDirectory}'`);
    await session.query(`create database ${first} template template0 encoding 'UTF8'`);
    await session.query(
      `create database "${second.replaceAll('"', '""')}" template template0 encoding 'UTF8' locale_provider icu icu_locale 'de-DE' locale 'C' tablespace far_away owner "Odd Röle ""x"""`,
    );
    await session.query(clusterWide(first));
  });
  await inside(location, first, async (session) => {
    for (const part of [relations, types, services, values, rights]) await session.query(part);
    await makeInvalidIndex(session);
    // A table whose foreign key is off: only the server's own triggers know.
    await session.query('alter table app.refund disable trigger all');
  });
  await inside(location, second, async (session) => {
    await session.query(
      `create table "Only here"(id serial primary key, "Wért" text); insert into "Only here"("Wért") select 'w' || i from generate_series(1, 10) i;
       create index on "Only here"("Wért"); comment on database "${second.replaceAll('"', '""')}" is 'the other one'`,
    );
  });
}

/** As it happens to people: a unique index made beside the work fails on a duplicate, and stays. */
async function makeInvalidIndex(session: Session): Promise<void> {
  const failed = await session.query('create unique index concurrently never_unique on app.keyless(a)').then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('the unique index was made although there are duplicates');
}

async function inside(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const session = await connectTo(location, { database, applicationName: 'every kind' });
  try {
    await work(session);
  } finally {
    await session.end();
  }
}
