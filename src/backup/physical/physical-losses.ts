import type { ClusterLocation } from '../../postgres/index.js';
import { findLosses, namedSetting, type Loss } from '../expectation/find-losses.js';

const relations = (condition: string) =>
  `select c.oid::regclass::text as name from pg_class c where ${condition}`;

/** Where a restored server stands is its own matter, and so are the files that describe it. */
const ofThePlace =
  "('config_file', 'hba_file', 'ident_file', 'data_directory', 'external_pid_file', 'port', 'unix_socket_directories', 'listen_addresses', 'cluster_name', 'hot_standby')";

/**
 * What a physical backup does not bring back. Prepared transactions do come back, and planner statistics too. Source: what a base
 * backup leaves out by PostgreSQL's protocol documentation, what a recovery resets, and `quietSettings`.
 */
export const physicalLosses: readonly Loss[] = [
  {
    kind: 'contents of unlogged table',
    why: 'comes back empty',
    scope: 'database',
    query: () => relations(`c.relkind = 'r' and c.relpersistence = 'u'`),
  },
  {
    kind: 'value of unlogged sequence',
    why: 'begins at its start again',
    scope: 'database',
    query: () => relations(`c.relkind = 'S' and c.relpersistence = 'u'`),
  },
  {
    kind: 'temporary table',
    why: 'it belongs to a session, and goes with it',
    scope: 'database',
    query: () => relations(`c.relkind in ('r', 'p') and c.relpersistence = 't'`),
  },
  {
    kind: 'rows of foreign table',
    why: 'they lie on another server',
    scope: 'database',
    query: () =>
      `select f.ftrelid::regclass::text || ' of server ' || s.srvname as name from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver`,
  },
  {
    kind: 'counters of pg_stat_statements',
    why: 'they begin at zero',
    scope: 'database',
    query: () => `select extversion as name from pg_extension where extname = 'pg_stat_statements'`,
  },
  {
    kind: 'library',
    why: 'it lies outside the data directory and must be installed',
    scope: 'database',
    query: () =>
      `select distinct probin as name from pg_proc where probin is not null and probin not like '$libdir/%'`,
  },
  {
    kind: 'replication slot',
    why: 'a base backup leaves slots out: whoever followed must be set up anew',
    scope: 'cluster',
    query: () => `select slot_name::text as name from pg_replication_slots where not temporary`,
  },
  {
    kind: 'activity counters',
    why: 'a recovery begins them at zero: autovacuum and dashboards too',
    scope: 'cluster',
    query: () =>
      `select format('of %s databases', count(*)) as name from pg_stat_database where xact_commit > 0 having count(*) > 0`,
  },
  {
    kind: 'work of subscription',
    why: 'a restored server starts no worker that connects outward, until max_logical_replication_workers is set again',
    scope: 'cluster',
    query: () => `select format('%I', subname) as name from pg_subscription where subenabled`,
  },
  {
    kind: 'place of tablespace',
    why: 'comes back beside the data directory, never where it came from',
    scope: 'cluster',
    query: () =>
      `select format('%I at %s', spcname, pg_tablespace_location(oid)) as name from pg_tablespace where pg_tablespace_location(oid) <> ''`,
  },
  {
    kind: 'configuration file',
    why: 'it lies outside the data directory, where no base backup finds it',
    scope: 'cluster',
    query: () =>
      `select setting as name from pg_settings where name in ('config_file', 'hba_file', 'ident_file') and setting <> '' and not starts_with(setting, current_setting('data_directory') || '/')`,
  },
  {
    kind: 'setting',
    why: 'it was given on the command line of the server',
    scope: 'cluster',
    query: () =>
      `select ${namedSetting} as name from pg_settings where source = 'command line' and context <> 'internal' and name not in ${ofThePlace}`,
  },
];

/** What a physical backup taken now would not bring back, by name: say it before it is missed. */
export async function lossesOfPhysical(location: ClusterLocation): Promise<string[]> {
  return findLosses(location, physicalLosses);
}
