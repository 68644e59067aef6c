import { rm, writeFile } from 'node:fs/promises';
import { runTool, type ClusterLocation, type PostgresTools } from '../../postgres/index.js';

/** Whatever the server logs of others: statements that set passwords, or what stands for one, are in no log. */
const unlogged = {
  PGOPTIONS:
    `-c log_statement=none -c log_duration=off -c log_min_duration_statement=-1 -c log_min_duration_sample=-1
    -c log_transaction_sample_rate=0 -c log_min_error_statement=panic`.replace(/\s+/g, ' '),
};

/**
 * Runs statements through psql, in a file that only this account can read: they may hold passwords. Rejects with `exit-code` at
 * the first that fails (without ON_ERROR_STOP psql would go on, and exit with 0).
 */
export async function runSqlFile(
  tools: PostgresTools,
  location: ClusterLocation,
  path: string,
  sql: string,
  signal?: AbortSignal,
): Promise<void> {
  await writeFile(path, sql, { mode: 0o600, flag: 'wx' });
  try {
    await runTool(tools, 'psql', ['-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-f', path], {
      location: { ...location, account: null },
      signal,
      env: unlogged,
    });
  } finally {
    await rm(path, { force: true });
  }
}
