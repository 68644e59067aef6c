import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  connectTo,
  launchCluster,
  logEnd,
  stopCluster,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import { waitForRecovery } from './watch-recovery.js';

/** Takes a restore that is paused at its target on to the end of the WAL, and makes it a primary. */
export async function continueToLatest(request: {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  readonly signal?: AbortSignal | undefined;
}): Promise<{ readonly durationMs: number; readonly recoveredTo: string }> {
  const { tools, location, signal } = request;
  const startedAt = performance.now();
  await stopCluster(tools, location, 'fast');
  const auto = join(location.dataDirectory, 'postgresql.auto.conf');
  const lines = (await readFile(auto, 'utf8'))
    .split('\n')
    .filter((line) => !/^recovery_target_(lsn|time|xid|name|inclusive|action) /.test(line));
  await writeFile(auto, lines.join('\n'));
  const logFrom = await logEnd(location);
  const server = await launchCluster(tools, location, { hot_standby: 'off' });
  await waitForRecovery({ location, server, logFrom, until: 'promoted', signal });
  const session = await connectTo(location, { applicationName: 'firedrill restore', readOnly: true });
  try {
    const [row] = await session.query('select pg_last_wal_replay_lsn()::text as lsn');
    return { durationMs: Math.round(performance.now() - startedAt), recoveredTo: textColumn(row, 'lsn') };
  } finally {
    await session.end();
  }
}
