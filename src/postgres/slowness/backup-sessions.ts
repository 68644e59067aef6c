/** Ours, and what others name themselves unless told otherwise; a program that was given another name is not known again. */
const backups = /^(firedrill|pg_dump|pg_basebackup|pg_receivewal|pgbackrest|barman|wal-g)/i;

/** Whether a session of this application name is a backup's, as far as the name says: cutting it off leaves no backup. */
export function isBackup(application: string): boolean {
  return backups.test(application);
}
