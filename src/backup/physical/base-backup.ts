import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isJsonObject } from '../../base/index.js';
import { runTool, type ClusterLocation, type PostgresTools, type Session } from '../../postgres/index.js';
import type { Progress } from '../progress.js';

export interface BaseBackup {
  readonly compression: 'zstd' | 'none';
  readonly startLsn: string;
  readonly stopLsn: string;
  readonly timeline: number;
  readonly copyMs: number;
}

/**
 * Runs pg_basebackup into an empty folder that belongs to the cluster's account: tar, compressed by the server where it can,
 * without WAL, with PostgreSQL's own manifest, which says where the backup starts and stops in the log.
 */
export async function runBaseBackup(request: {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  readonly directory: string;
  readonly compression: 'zstd' | 'none';
  readonly label: string;
  readonly signal?: AbortSignal | undefined;
  readonly output?: ((chunk: Uint8Array) => void) | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}): Promise<BaseBackup> {
  const { tools, location, directory, compression, label, signal, output, progress } = request;
  const compress = compression === 'zstd' ? ['--compress=server-zstd:1'] : ['--compress=none'];
  const args = [
    '-D',
    directory,
    '-Ft',
    ...compress,
    '-X',
    'none',
    '--checkpoint=fast',
    '-w',
    `--label=${label}`,
    '-v',
    ...(progress === undefined ? [] : ['-P']),
  ];
  const result = await runTool(tools, 'pg_basebackup', args, {
    location,
    signal,
    onOutput: (chunk) => {
      const said = progress === undefined ? null : copyProgress(chunk.toString());
      if (said === null) output?.(chunk);
      else progress?.(said);
    },
  });
  const range = walRange(await readFile(join(directory, 'backup_manifest'), 'utf8'));
  return { compression, ...range, copyMs: Math.round(result.durationMs) };
}

/** The last count in a piece of `pg_basebackup -P`: `  1234/5678 kB (21%), 0/1 tablespace`; null: none, but words. */
function copyProgress(text: string): Progress | null {
  const last = [...text.matchAll(/(\d+)\/(\d+) kB \(/g)].at(-1);
  if (last === undefined) return null;
  const [done, total] = [Number(last[1]) * 1024, Number(last[2]) * 1024];
  // The total is an estimate of the server's, and the table that grew since is not in it.
  return { stage: 'copying', doneBytes: done, totalBytes: Math.max(done, total) };
}

/** Asked of the server itself: builds without zstd do not offer it for WAL either. */
export async function serverCompression(tools: PostgresTools, session: Session): Promise<'zstd' | 'none'> {
  const help: Buffer[] = [];
  await runTool(tools, 'pg_basebackup', ['--help'], {
    location: null,
    onOutput: (chunk) => help.push(chunk),
  });
  if (!/--compress=\[\{client\|server\}-\]/.test(Buffer.concat(help).toString())) return 'none';
  const rows = await session.query(
    `select 1 from pg_settings where name = 'wal_compression' and 'zstd' = any(enumvals)`,
  );
  return rows.length > 0 ? 'zstd' : 'none';
}

/** The stretch of WAL that a restore needs at least, from PostgreSQL's backup manifest. */
export function walRange(text: string): { startLsn: string; stopLsn: string; timeline: number } {
  const value: unknown = JSON.parse(text);
  const ranges: unknown = isJsonObject(value) ? value['WAL-Ranges'] : undefined;
  const first: unknown = Array.isArray(ranges) ? ranges[0] : undefined;
  const last: unknown = Array.isArray(ranges) ? ranges.at(-1) : undefined;
  if (isJsonObject(first) && isJsonObject(last)) {
    const [startLsn, stopLsn, timeline] = [first['Start-LSN'], last['End-LSN'], last['Timeline']];
    if (typeof startLsn === 'string' && typeof stopLsn === 'string' && typeof timeline === 'number') {
      return { startLsn, stopLsn, timeline };
    }
  }
  throw new Failure('check', 'pg_basebackup wrote a manifest without a WAL range');
}
