import { readLogFrom, type ClusterLocation } from '../../postgres/index.js';

/** Refusals that our own impatience causes while a server starts; they say nothing about the backup. */
const expected =
  /the database system is (starting up|not yet accepting connections|shutting down)|terminating (connection|walreceiver)/;

/** Errors in the log of a cluster that did not exist before: every one of them belongs to the restore. */
export async function errorsInLog(location: ClusterLocation): Promise<string[]> {
  const lines = await readLogFrom(location, 0);
  return lines
    .filter((line) => /\b(ERROR|FATAL|PANIC):|^restore-wal:/.test(line) && !expected.test(line))
    .slice(0, 20);
}
