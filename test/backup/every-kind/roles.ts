/** Roles with every attribute, memberships and settings: for the whole cluster, run once. */
export const roles = `
  create role keeper nologin createdb createrole;
  create role teller login password 'a teller''s secret' connection limit 7 valid until '2031-05-06 07:08:09+00';
  create role "Odd Röle ""x""" nologin noinherit;
  create role forever login valid until 'infinity';
  create role auditor login bypassrls replication;
  create role app_owner login;
  comment on role teller is 'sits at the counter; don''t ask';
  grant keeper to teller with admin option;
  grant "Odd Röle ""x""" to auditor;
  grant pg_read_all_data to auditor;
  alter role teller set work_mem = '5MB';
  alter role teller set search_path = app, "Odd schema";
  alter role all set lock_timeout = '7min';
  grant set on parameter log_statement to teller;
  grant alter system on parameter log_min_duration_statement to keeper;
`;

/** Inside the first database. */
export const rights = `
  revoke create, usage on schema public from public;
  revoke execute on function pg_catalog.pg_sleep(double precision) from public;
  grant select (usename) on pg_catalog.pg_user to teller;
  revoke execute on function hs.akeys(hs.hstore) from public;
  grant execute on function hs.akeys(hs.hstore) to teller;
  grant usage on language plpgsql to teller;
  comment on schema public is 'nobody works here any more';
  alter default privileges for role app_owner in schema app grant select, insert on tables to teller;
  alter default privileges for role app_owner revoke execute on functions from public;
  alter default privileges for role app_owner grant usage on types to keeper;
  alter default privileges for role app_owner in schema app grant usage on sequences to teller with grant option;
  alter default privileges for role app_owner grant usage on schemas to teller;
  grant select, update on app.person to teller with grant option;
  grant select (id, name), update (name) on app.secret to teller;
  grant select on app.sales to "Odd Röle ""x""", auditor;
  grant usage on sequence app.countdown to teller;
  grant usage on schema app to teller, auditor;
`;

/** Settings and rights of databases and a tablespace; nothing of it is in a dump of a database. */
export const clusterWide = (database: string) => `
  alter database ${database} set statement_timeout = '9min';
  alter database ${database} connection limit 44;
  alter role teller in database ${database} set application_name = 'at the counter';
  comment on database ${database} is 'every kind of object';
  revoke connect, temporary on database ${database} from public;
  grant connect on database ${database} to teller;
  grant create on database ${database} to keeper with grant option;
  alter database ${database} owner to keeper;
  grant create on tablespace far_away to app_owner;
  alter tablespace far_away set (random_page_cost = 1.5, effective_io_concurrency = 3);
  alter tablespace far_away owner to keeper;
  comment on tablespace far_away is 'on the other disk';
`;
