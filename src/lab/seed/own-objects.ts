import { Failure } from '../../base/index.js';
import { quoteName, withSession, type ClusterLocation } from '../../postgres/index.js';
import { seededRoles } from './seed.js';

const limits = 'login nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls';

/**
 * Makes in a copy what a lab needs of its own: two roles with new passwords, and a schema `firedrill` with the tables that they write
 * to; no other table of the copy is ever written to by the lab's application or observer. The passwords are hexadecimal.
 */
export async function makeOwnObjects(
  location: ClusterLocation,
  passwords: { readonly application: string; readonly sentinel: string },
  probe: string | null,
): Promise<void> {
  for (const password of Object.values(passwords))
    if (!/^[0-9a-f]{16,}$/.test(password)) throw new TypeError('a role password must be hexadecimal');
  await withSession(location, { applicationName: 'firedrill lab' }, async (session) => {
    await session.query('set session_replication_role = replica');
    for (const who of ['application', 'sentinel'] as const) {
      const role = seededRoles[who];
      const [there] = await session.query('select 1 from pg_roles where rolname = $1', [role]);
      if (there === undefined) await session.query(`create role ${role}`);
      await session.query(`alter role ${role} ${limits} password '${passwords[who]}'`);
    }
    const { application, sentinel } = seededRoles;
    const database = quoteName(location.database);
    for (const statement of [
      `grant connect on database ${database} to ${application}, ${sentinel}`,
      'create schema if not exists firedrill',
      `create table if not exists firedrill.canary (id bigint primary key, written_at timestamptz not null, session text not null)`,
      'create table if not exists firedrill.application_status (host text primary key, seen_at timestamptz not null)',
      `create table if not exists firedrill.application_writes (id bigint generated always as identity primary key, at timestamptz not null)`,
      `grant usage on schema firedrill to ${application}, ${sentinel}`,
      `grant select, insert on firedrill.canary to ${sentinel}`,
      `grant select, insert, update on firedrill.application_status to ${application}`,
      `grant select, insert on firedrill.application_writes to ${application}`,
      // So that damage is looked for as thoroughly as in the sample, and faults know what lies in the cache.
      'create extension if not exists amcheck',
      'create extension if not exists pg_buffercache',
    ])
      await session.query(statement);
    if (probe === null) return;
    const [schema = '', name = ''] = probe.split('.');
    const [found] = await session.query('select to_regclass($1) is not null as there', [
      `${quoteName(schema)}.${quoteName(name)}`,
    ]);
    if (found?.['there'] !== true)
      throw new Failure('invalid', `the backup has no relation ${probe}, which the drill is about`, {
        hint: 'Name a table of your own in the fault’s `relation`.',
      });
    await session.query(`grant usage on schema ${quoteName(schema)} to ${sentinel}`);
    await session.query(`grant select on ${quoteName(schema)}.${quoteName(name)} to ${sentinel}`);
  });
}
