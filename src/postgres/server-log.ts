import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterLocation } from './cluster-location.js';

/** Where a server that firedrill started writes its log: beside its socket, never inside the data directory. */
export function serverLogFile(location: ClusterLocation): string {
  return join(location.socketDirectory, 'postgresql.log');
}

/** How many bytes the log has now; a place to read on from later. 0 when there is no log. */
export async function logEnd(location: ClusterLocation): Promise<number> {
  return stat(serverLogFile(location)).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Complete lines written since byte `from`, at most the last 4 MB of them; none when there is no log. */
export async function readLogFrom(location: ClusterLocation, from: number): Promise<string[]> {
  return readLog(serverLogFile(location), from);
}

/** As above, of a log that lies anywhere. */
export async function readLog(path: string, from: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - 4 * 1024 * 1024, 0);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - start, 0)), 0, null, start);
    return buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    await file.close();
  }
}

export interface LogFinding {
  readonly severity: 'WARNING' | 'ERROR' | 'FATAL' | 'PANIC';
  readonly line: string;
}

const damageWords =
  /page verification failed|invalid page|could not read block|could not open file|could not access status|unexpected data beyond EOF|invalid memory alloc request size|missing chunk number|read only \d+ of \d+ bytes/;

/** Log lines that speak of damaged storage: checksum failures, unreadable blocks, missing files. */
export async function findDamageInLog(location: ClusterLocation, from = 0): Promise<LogFinding[]> {
  const lines = await readLogFrom(location, from);
  return lines.flatMap((line): LogFinding[] => {
    const severity = /\b(WARNING|ERROR|FATAL|PANIC):/.exec(line)?.[1] as LogFinding['severity'] | undefined;
    return severity !== undefined && damageWords.test(line) ? [{ severity, line }] : [];
  });
}
