import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { runTool, type PostgresTools } from '../../postgres/index.js';
import { archivesOf, readThrough } from '../physical/archives.js';
import type { StagedSet } from '../set/backup-set.js';
import { inParallel } from '../set/in-parallel.js';
import { walContinuity } from '../wal/wal-continuity.js';
import { judge, notRun, together, type Outcome } from './verification.js';

const atOnce = 2;

/** Test 3, the files: every archive and every dump is read to its end; a table of contents says nothing of what follows it. */
export async function readFiles(
  tools: PostgresTools,
  set: StagedSet,
  signal?: AbortSignal,
): Promise<Outcome> {
  const { manifest } = set;
  const readers =
    manifest.kind === 'logical'
      ? manifest.dump.databases.map(
          ({ name, prefix }) =>
            async (either: AbortSignal) =>
              readDump(tools, name, join(set.directory, prefix), either),
        )
      : archivesOf(set.files).map((file) => async (either: AbortSignal) => {
          const { members } = await readThrough(set.directory, file, either);
          return `${file.name}: ${members} members, read to the end`;
        });
  const parts = await inParallel(readers, atOnce, async (read, either) => said(read(either)), signal);
  return parts.length === 0 ? notRun('the set holds no archive that could be read') : together(parts);
}

async function said(reading: Promise<string>): Promise<Outcome> {
  try {
    return judge([], [await reading]);
  } catch (failure) {
    if (failure instanceof Failure && failure.reason !== 'cancelled') return judge([failure.message], []);
    if (failure instanceof Error && 'code' in failure && failure.code === 'ENOENT')
      return judge([failure.message], []);
    throw failure;
  }
}

/** Makes all of its SQL and throws it away: every row is decompressed, and a member that is cut is an error. */
async function readDump(
  tools: PostgresTools,
  database: string,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure('check', `the dump of database ${database} is missing`);
  try {
    await runTool(tools, 'pg_restore', ['-f', '/dev/null', path], { location: null, signal });
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason !== 'exit-code') throw failure;
    throw new Failure(
      'exit-code',
      `the dump of database ${database} cannot be read to its end: ${failure.message}`,
    );
  }
  return `the dump of database ${database}: read to its end`;
}

/** Test 3, the log: unbroken from the start of the backup to now, or to where the server was asked to be. */
export async function readWal(
  set: StagedSet,
  walDirectory: string | null,
  toLsn: string | undefined,
): Promise<Outcome> {
  const { manifest } = set;
  if (manifest.kind === 'logical') return judge([], []);
  if (walDirectory === null)
    return notRun('neither a receiver’s folder nor a store with the shipped WAL was given');
  const { server, wal } = manifest;
  const found = await walContinuity({
    directory: walDirectory,
    timeline: wal.timeline,
    fromLsn: wal.startLsn,
    segmentBytes: server.walSegmentBytes,
    systemIdentifier: server.systemIdentifier,
    toLsn: toLsn ?? wal.expectationLsn,
  });
  if (!found.unbroken) return judge([found.problem ?? 'the WAL is broken'], []);
  return judge(
    [],
    [`WAL unbroken from ${wal.startLsn} to ${found.completeUntil}, ${found.segments} segments`],
  );
}
