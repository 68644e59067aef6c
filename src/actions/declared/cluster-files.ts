import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What the files of a data directory say of its cluster, without its server. */
export interface ClusterFiles {
  readonly inode: number;
  /** From `global/pg_control`; null when that cannot be read. */
  readonly systemIdentifier: string | null;
  /** Whether it would start as a standby or go on with a recovery. */
  readonly standby: boolean;
  /** Of `postmaster.pid`, as its server wrote it; null where there is none. */
  readonly port: number | null;
  /** Seconds since 1970 at which that server started. */
  readonly startedS: number | null;
}

/** Null where there is no data directory. */
export async function readClusterFiles(dataDirectory: string): Promise<ClusterFiles | null> {
  const found = await stat(dataDirectory).catch(() => null);
  if (found?.isDirectory() !== true) return null;
  const lines = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const number = (line: string | undefined) => (/^\s*\d+\s*$/.test(line ?? '') ? Number(line) : null);
  return {
    inode: found.ino,
    systemIdentifier: await readSystemIdentifier(dataDirectory),
    standby:
      (await exists(join(dataDirectory, 'standby.signal'))) ||
      (await exists(join(dataDirectory, 'recovery.signal'))),
    port: number(lines[3]),
    startedS: number(lines[2]),
  };
}

/** Its first eight bytes, in the machine's own order (ControlFileData, pg_control.h); little-endian wherever Node runs. */
async function readSystemIdentifier(dataDirectory: string): Promise<string | null> {
  const file = await open(join(dataDirectory, 'global', 'pg_control'), 'r').catch(() => null);
  if (file === null) return null;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return bytesRead === 8 ? buffer.readBigUInt64LE().toString() : null;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
