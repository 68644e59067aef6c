import { postgresBackup } from './backup.js';
import { postgresBringBackTables } from './bring-back-tables.js';
import { postgresCatchUp, postgresIsCaughtUp } from './catch-up.js';
import { postgresChecksumFailures } from './checksum-failures.js';
import { postgresCompareCode } from './compare-code.js';
import { postgresContentMatches } from './content-matches.js';
import { postgresCopyBack, postgresIsBack } from './copy-back.js';
import { postgresFindDamage } from './find-damage.js';
import { postgresFindTransaction } from './find-transaction.js';
import { postgresKeepLog } from './keep-log.js';
import { postgresLossWithoutStream } from './loss-without-stream.js';
import { postgresIsPrimary, postgresPromote } from './promote.js';
import { postgresIsProtected, postgresProtect } from './protect.js';
import { postgresIsStandby, postgresRebuildStandby } from './rebuild-standby.js';
import { postgresReindex } from './reindex.js';
import { postgresIsRemoved, postgresRemoveCluster } from './remove-cluster.js';
import { postgresReplaceTable } from './replace-table.js';
import { postgresReplicationLag, postgresStandbyReach } from './replication-lag.js';
import { postgresRestore, postgresRestoredFrom } from './restore.js';
import { postgresDatabaseIsThere, postgresRestoreDatabase } from './restore-database.js';
import { postgresServerState } from './server-state.js';
import { postgresIsSetAside, postgresSetAside } from './set-aside.js';
import { postgresBackupExists, postgresUsableBackup } from './usable-backup.js';
import { slownessActions } from './slowness.js';
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
  postgresServerState,
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
  postgresLossWithoutStream,
  postgresCompareCode,
  postgresProtect,
  postgresIsProtected,
  postgresRemoveCluster,
  postgresIsRemoved,
  postgresReplicationLag,
  postgresStandbyReach,
  postgresCatchUp,
  postgresIsCaughtUp,
  postgresPromote,
  postgresIsPrimary,
  postgresRebuildStandby,
  postgresIsStandby,
  ...slownessActions,
];
