import type { ClusterLocation } from '../../postgres/index.js';
import { findLosses, namedSetting, type Loss } from '../expectation/find-losses.js';

/**
 * What a logical backup does not bring back. The contents of unlogged tables do come back. Source: what pg_dump passes over
 * (pg_dump.c, getIndexes and dumpSubscription among others), and what is no part of any database.
 */
export const logicalLosses: readonly Loss[] = [
  {
    kind: 'index',
    why: 'it is invalid, was never finished, and a dump leaves it out',
    scope: 'database',
    query: () =>
      `select i.indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indrelid
        where not i.indisvalid and c.relkind <> 'p'`,
  },
  {
    kind: 'enabled of constraint',
    why: 'a foreign key whose triggers are switched off comes back switched on',
    scope: 'database',
    query: () =>
      `select distinct format('%s %I.%I on %s', k.contype, n.nspname, k.conname, k.conrelid::regclass) as name
         from pg_constraint k join pg_namespace n on n.oid = k.connamespace join pg_trigger t on t.tgconstraint = k.oid
        where t.tgisinternal and t.tgenabled <> 'O'`,
  },
  {
    kind: 'version of extension',
    why: 'a dump asks for the version that is the default where it is restored',
    scope: 'database',
    query: () =>
      `select format('%I', e.extname) as name from pg_extension e join pg_available_extensions a on a.name = e.extname
        where a.default_version <> e.extversion and e.oid >= 16384`,
  },
  {
    kind: 'owner of extension',
    why: 'a dump does not say it: whoever restores becomes the owner',
    scope: 'database',
    query: () => `select format('%I', extname) as name from pg_extension where extowner <> 10`,
  },
  {
    kind: 'temporary table',
    why: 'it belongs to a session, and goes with it',
    scope: 'database',
    query: () =>
      `select c.oid::regclass::text as name from pg_class c where c.relkind in ('r', 'p') and c.relpersistence = 't'`,
  },
  {
    kind: 'rows of foreign table',
    why: 'they lie on another server',
    scope: 'database',
    query: () =>
      `select f.ftrelid::regclass::text || ' of server ' || s.srvname as name from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver`,
  },
  {
    kind: 'database',
    why: 'it takes no connections, so it cannot be dumped',
    scope: 'cluster',
    query: () =>
      `select format('%I', datname) as name from pg_database where (not datallowconn or datconnlimit = -2) and datname <> 'template0'`,
  },
  {
    kind: 'prepared transaction',
    why: 'a dump holds only what is committed',
    scope: 'cluster',
    query: () => `select format('%L in %I', gid, database) as name from pg_prepared_xacts`,
  },
  {
    kind: 'replication slot',
    why: 'whoever followed must be set up anew',
    scope: 'cluster',
    query: () => `select slot_name::text as name from pg_replication_slots where not temporary`,
  },
  {
    kind: 'subscription',
    why: 'it comes back disabled and without its slot',
    scope: 'database',
    query: () =>
      `select format('%I', subname) as name from pg_subscription
        where subenabled and subdbid = (select oid from pg_database where datname = current_database())`,
  },
  {
    kind: 'place of tablespace',
    why: 'comes back beside the data directory, never where it came from',
    scope: 'cluster',
    query: () =>
      `select format('%I at %s', spcname, pg_tablespace_location(oid)) as name from pg_tablespace where pg_tablespace_location(oid) <> ''`,
  },
  {
    kind: 'setting',
    why: 'configuration files are no part of a dump',
    scope: 'cluster',
    query: () =>
      `select ${namedSetting} as name from pg_settings
        where source = 'configuration file' and name !~ '(directory|_file|^port$|^listen_addresses$|passphrase|conninfo)'`,
  },
];

/** What a logical backup taken now would not bring back, by name: say it before it is missed. */
export async function lossesOfLogical(location: ClusterLocation): Promise<string[]> {
  return findLosses(location, logicalLosses);
}
