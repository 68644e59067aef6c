import { textColumn, type Session } from '../../postgres/index.js';

/** What a cluster must have before this database can be restored into it. */
export interface DatabaseNeeds {
  /** Owners, and whoever has rights, policies or settings in it. */
  readonly roles: readonly string[];
  readonly tablespaces: readonly string[];
  readonly extensions: readonly string[];
}

/** Dependencies on the role that made the cluster are not recorded by the server: its objects are looked for. */
const owned = [
  ['pg_class', 'relowner'],
  ['pg_proc', 'proowner'],
  ['pg_namespace', 'nspowner'],
  ['pg_type', 'typowner'],
  ['pg_largeobject_metadata', 'lomowner'],
  ['pg_foreign_server', 'srvowner'],
  ['pg_publication', 'pubowner'],
  ['pg_event_trigger', 'evtowner'],
] as const;

const rolesOf = `
  select distinct r.rolname::text as name from pg_database d cross join lateral (
    select s.refobjid as role from pg_shdepend s where s.refclassid = 'pg_authid'::regclass
       and (s.dbid = d.oid or (s.classid = 'pg_database'::regclass and s.objid = d.oid))
    union select d.datdba
    union select x.role from aclexplode(d.datacl) a cross join lateral (values (a.grantee), (a.grantor)) x(role)
    union select s.setrole from pg_db_role_setting s where s.setdatabase = d.oid
    union select 10 where ${owned.map(([catalog, column]) => `exists (select from ${catalog} where ${column} = 10 and oid >= 16384)`).join(' or ')}
  ) u join pg_roles r on r.oid = u.role where d.datname = current_database() order by 1`;

const tablespacesOf = `
  select distinct t.spcname::text as name from pg_tablespace t
   where t.oid in (select reltablespace from pg_class) or t.oid = (select dattablespace from pg_database where datname = current_database())
   order by 1`;

const extensionsOf = `select extname::text as name from pg_extension where oid >= 16384 order by 1`;

/** Of the database that the session is in. */
export async function readNeeds(session: Session): Promise<DatabaseNeeds> {
  const names = async (sql: string) => (await session.query(sql)).map((row) => textColumn(row, 'name'));
  return {
    roles: await names(rolesOf),
    tablespaces: await names(tablespacesOf),
    extensions: await names(extensionsOf),
  };
}
