import { textColumn, type PostgresTools, type Session } from '../../postgres/index.js';
import type { BackupManifest } from '../set/manifest.js';

/** A restored standby-to-be must have at least these, or it refuses to replay; collation decides what order means. */
const recorded = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
  'wal_level',
  'data_checksums',
  'server_encoding',
  'shared_preload_libraries',
  'synchronous_standby_names',
  'archive_mode',
];

/** What the manifest says of the server. */
export async function readServerFacts(
  session: Session,
  tools: PostgresTools,
): Promise<Omit<BackupManifest['server'], 'timeline'> & { readonly now: string }> {
  const [row] = await session.query(`
    select (select system_identifier::text from pg_control_system()) as system, current_setting('server_version') as version,
           (select sum(pg_database_size(oid))::text from pg_database) as bytes, current_setting('data_directory') as directory,
           (select setting from pg_settings where name = 'wal_segment_size') as segment,
           to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`);
  const databases = await session.query('select datname::text as name from pg_database order by 1');
  const settings = await session.query(
    'select name, setting from pg_settings where name = any($1::text[]) order by name',
    [recorded],
  );
  return {
    version: textColumn(row, 'version'),
    major: tools.major,
    systemIdentifier: textColumn(row, 'system'),
    databases: databases.map((one) => textColumn(one, 'name')),
    bytes: Number(textColumn(row, 'bytes')),
    walSegmentBytes: Number(textColumn(row, 'segment')),
    settings: Object.fromEntries(
      settings.map((one) => [textColumn(one, 'name'), textColumn(one, 'setting')]),
    ),
    now: textColumn(row, 'now'),
  };
}
