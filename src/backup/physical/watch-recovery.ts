import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { isAlive, type ProcessIdentity } from '../../children/index.js';
import {
  connectTo,
  findPostmaster,
  logEnd,
  readLogFrom,
  serverLogFile,
  textColumn,
  type ClusterLocation,
} from '../../postgres/index.js';

export interface RecoveryProgress {
  /** Segments taken from the archive so far. */
  readonly segments: number;
  readonly line: string | null;
}

/**
 * Waits until a launched server has recovered: accepts connections after promotion, or is paused at its target. Watches the
 * process all the while: a target that is never reached, or an archive that fails, ends it after it had started well.
 */
export async function waitForRecovery(request: {
  readonly location: ClusterLocation;
  readonly server: ProcessIdentity;
  readonly logFrom: number;
  readonly until: 'promoted' | 'paused';
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: RecoveryProgress) => void) | undefined;
}): Promise<void> {
  const { location, server, logFrom, until, signal, progress, timeoutMs } = request;
  const deadline = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
  let seen = logFrom;
  let segments = 0;
  for (;;) {
    const end = await logEnd(location);
    if (end > seen) {
      const lines = await readLogFrom(location, seen);
      segments += lines.filter((line) => line.includes('restored log file')).length;
      progress?.({ segments, line: lines.at(-1) ?? null });
      seen = end;
    }
    if (!isAlive(server)) throw await recoveryFailure(location, logFrom);
    const status = (await findPostmaster(location.dataDirectory))?.status;
    if (until === 'promoted' && status === 'ready') return;
    if (until === 'paused' && /^(ready|standby)$/.test(status ?? '') && (await isPaused(location))) return;
    if (signal?.aborted === true) throw new Failure('cancelled', 'the recovery was cancelled');
    if (performance.now() > deadline)
      throw new Failure('timeout', `recovery did not end within ${(timeoutMs ?? 0) / 1000} s`);
    await delay(20);
  }
}

async function isPaused(location: ClusterLocation): Promise<boolean> {
  const session = await connectTo(location, { applicationName: 'firedrill recovery', readOnly: true }).catch(
    () => null,
  );
  if (session === null) return false;
  try {
    const [row] = await session.query('select pg_get_wal_replay_pause_state() as state');
    return textColumn(row, 'state') === 'paused';
  } catch {
    // It ended recovery between our two questions, or is going down: the process tells.
    return false;
  } finally {
    await session.end();
  }
}

async function recoveryFailure(location: ClusterLocation, logFrom: number): Promise<Failure> {
  const lines = await readLogFrom(location, logFrom);
  const fatal = lines
    .filter((line) => /\b(FATAL|PANIC):/.test(line))
    .map((line) => line.replace(/^.*?\b(FATAL|PANIC): +/, ''));
  const script = lines.filter((line) => line.startsWith('restore-wal:'));
  const said = [...script.slice(-1), ...fatal.slice(0, 1)].join('; ');
  return new Failure(
    'check',
    `recovery on ${location.dataDirectory} failed${said === '' ? '' : `: ${said}`}`,
    {
      hint: `Read the server's log: \`tail -50 ${serverLogFile(location)}\`.`,
    },
  );
}
