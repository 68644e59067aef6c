import { postgresBackup } from './backup.js';
import { postgresBringBackTables } from './bring-back-tables.js';
import { postgresChecksumFailures } from './checksum-failures.js';
import { postgresContentMatches } from './content-matches.js';
import { postgresCopyBack, postgresIsBack } from './copy-back.js';
import { postgresFindDamage } from './find-damage.js';
import { postgresFindTransaction } from './find-transaction.js';
import { postgresKeepLog } from './keep-log.js';
import { postgresIsProtected, postgresProtect } from './protect.js';
import { postgresReindex } from './reindex.js';
import { postgresIsRemoved, postgresRemoveCluster } from './remove-cluster.js';
import { postgresReplaceTable } from './replace-table.js';
import { postgresRestore, postgresRestoredFrom } from './restore.js';
import { postgresDatabaseIsThere, postgresRestoreDatabase } from './restore-database.js';
import { postgresIsSetAside, postgresSetAside } from './set-aside.js';
import { postgresBackupExists, postgresUsableBackup } from './usable-backup.js';
import { postgresVerify } from './verify.js';
import { postgresCountedDeletions, postgresWatchRows } from './watch-rows.js';

export const postgresActions = [
  postgresChecksumFailures,
  postgresFindDamage,
  postgresWatchRows,
  postgresCountedDeletions,
  postgresFindTransaction,
  postgresCopyBack,
  postgresIsBack,
  postgresKeepLog,
  postgresUsableBackup,
  postgresBackup,
  postgresBackupExists,
  postgresVerify,
  postgresSetAside,
  postgresIsSetAside,
  postgresRestore,
  postgresRestoredFrom,
  postgresReindex,
  postgresReplaceTable,
  postgresBringBackTables,
  postgresRestoreDatabase,
  postgresDatabaseIsThere,
  postgresContentMatches,
  postgresProtect,
  postgresIsProtected,
  postgresRemoveCluster,
  postgresIsRemoved,
];
