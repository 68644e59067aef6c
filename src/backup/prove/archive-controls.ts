import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { compareLsn, parseLsn, runTool } from '../../postgres/index.js';
import { Failure } from '../../base/index.js';
import { cutFile, removeFile, scrambleFile, type Harm } from '../../damage/index.js';
import { requireKind } from '../set/backup-set.js';
import { archivesOf } from '../physical/archives.js';
import { attempt } from '../verify/attempt.js';
import { readFiles, readWal } from '../verify/read-files.js';
import { removeIsolated, restoreIsolated } from '../verify/restore-isolated.js';
import { judge, type Outcome } from '../verify/verification.js';
import { parseSegmentName, segmentName, segmentOf } from '../wal/wal-segments.js';
import type { Control, Tried } from './control.js';
import { linkWal } from './link-wal.js';
import { largest } from './file-controls.js';
import { likeFolder, type ProofGround } from './proof-ground.js';
import { withoutHarm } from './without-harm.js';

/** An archive, or a dump, cut off: its manifest is not asked here, only whether it can be read to its end. */
const cutArchive: Control['attempt'] = async (ground) => {
  const { opened, filesRoot, request } = ground;
  const { tools, signal } = request;
  const directory = join(filesRoot, 'cut-archive');
  const logical = opened.manifest.kind === 'logical';
  const name = logical ? largestMember(ground) : largest(archivesOf(opened.files));
  if (name === null || name === '') return null;
  await likeFolder(opened.directory, directory, [name]);
  let harm = await cutFile({ path: join(directory, name), allowedRoot: filesRoot });
  if (opened.manifest.kind === 'logical') {
    const dump = opened.manifest.dump.databases.find(({ prefix }) => name.startsWith(`${prefix}/`));
    await runTool(tools, 'pg_restore', ['--list', join(directory, dump?.prefix ?? '')], {
      ...{ location: null, signal },
    });
    harm = {
      done: `${harm.done}: pg_restore --list exits with 0`,
      names: [`the dump of database ${dump?.name ?? ''} cannot be read`],
    };
  }
  const outcome = await readFiles(tools, { ...opened, directory }, signal);
  return { harm, without: await withoutHarm(ground, 3), with: outcome };
};

/** The largest file of rows of a dump. */
function largestMember({ opened }: ProofGround): string | null {
  const members = opened.files.filter((file) => /\/\d+\.dat(\.\w+)?$/.test(file.name));
  return members.length === 0 ? null : largest(members);
}

/** A fault of the log, for test 3. */
async function hurtWal(
  ground: ProofGround,
  id: string,
  remove: (names: readonly string[], neededUntil: string) => readonly string[],
  names: (removed: readonly string[], neededUntil: string) => readonly string[],
): Promise<Tried | null> {
  const { opened, walDirectory, clustersRoot, request } = ground;
  if (walDirectory === null || opened.manifest.kind === 'logical') return null;
  const neededUntil = request.toLsn ?? opened.manifest.wal.expectationLsn;
  const directory = join(clustersRoot, id);
  await linkWal(walDirectory, directory, request.scratch.account, []);
  const gone = remove((await readdir(directory)).sort(), neededUntil);
  if (gone.length === 0) return null;
  // A link is removed, never what it points at.
  for (const name of gone) await unlink(join(directory, name));
  const harm = {
    done: `${gone.length} segments of the log missing, the first ${gone[0] ?? ''}`,
    names: names(gone, neededUntil),
  };
  const outcome = await readWal(opened, directory, request.toLsn);
  return { harm, without: await withoutHarm(ground, 3), with: outcome };
}

const missingSegment: Control['attempt'] = async (ground) => {
  const { manifest } = ground.opened;
  if (manifest.kind === 'logical') return null;
  const { wal, server } = manifest;
  const number = segmentOf(wal.startLsn, server.walSegmentBytes);
  const first = segmentName({ timeline: wal.timeline, number }, server.walSegmentBytes);
  return hurtWal(
    ground,
    'missing-segment',
    (names) => names.filter((name) => name === first),
    () => [first],
  );
};

const archiverStopped: Control['attempt'] = async (ground) => {
  const { server } = ground.opened.manifest;
  const numberOf = (name: string) =>
    parseSegmentName(name.replace(/\.partial$/, ''), server.walSegmentBytes)?.number ?? -1n;
  return hurtWal(
    ground,
    'archiver-stopped',
    (names, until) => names.filter((name) => numberOf(name) >= segmentOf(until, server.walSegmentBytes)),
    (_, until) => ['the WAL ends at', until],
  );
};

/** A restore that cannot succeed although everything before it looked well, for test 5. */
const restoreFails: Control['attempt'] = async (ground) => {
  const { request, clustersRoot, clean } = ground;
  const into = {
    ...clean,
    dataDirectory: join(clustersRoot, 'restored'),
    socketDirectory: join(clustersRoot, 'run'),
  };
  const { harm, set, wal } =
    ground.opened.manifest.kind === 'logical' ? await loseMember(ground) : await damageRecord(ground);
  try {
    const outcome: Outcome = await attempt(async () => {
      const { said } = await restoreIsolated({ ...request, scratch: into }, set, wal, 'use');
      return judge([], [`restored ${said}`]);
    });
    return { harm, without: await withoutHarm(ground, 5), with: outcome };
  } finally {
    await removeIsolated(into);
  }
};

interface Unrestorable {
  readonly harm: Harm;
  readonly set: ProofGround['opened'];
  readonly wal: string | null;
}

/** The first record that a recovery reads: sizes, names and headers of the log stay right. */
async function damageRecord(ground: ProofGround): Promise<Unrestorable> {
  const { opened, walDirectory, clustersRoot, request } = ground;
  const { wal, server } = requireKind(opened, 'physical').manifest;
  const bytes = server.walSegmentBytes;
  const name = segmentName({ timeline: wal.timeline, number: segmentOf(wal.startLsn, bytes) }, bytes);
  const directory = join(clustersRoot, 'damaged-wal');
  await linkWal(walDirectory ?? '', directory, request.scratch.account, [name]);
  const from = Math.max(64, Number(parseLsn(wal.startLsn) % BigInt(bytes)));
  const harm = await scrambleFile({
    ...{ path: join(directory, name), allowedRoot: clustersRoot },
    ...{ from, bytes: 8192 },
  });
  const same = compareLsn(wal.startLsn, wal.stopLsn) === 0;
  if (same) throw new Failure('check', 'the backup starts where it stops: it needs no log');
  return { harm: { ...harm, names: ['recovery on ', 'failed'] }, set: opened, wal: directory };
}

/** A member of the dump is gone, and nothing but the dump knows of it. */
async function loseMember(ground: ProofGround): Promise<Unrestorable> {
  const { opened, filesRoot } = ground;
  const name = largestMember(ground);
  if (name === null) throw new Failure('check', 'the dump holds no rows');
  const directory = join(filesRoot, 'lost-member');
  await mkdir(filesRoot, { recursive: true });
  await likeFolder(opened.directory, directory, [name]);
  const { size } = await stat(join(directory, name));
  const harm = await removeFile({ path: join(directory, name), allowedRoot: filesRoot });
  return {
    harm: {
      done: `${name}, ${size} bytes of rows, taken out of the dump`,
      names: ['pg_restore exited with'],
    },
    set: {
      ...opened,
      directory,
      files: opened.files.filter((file) => !harm.names.includes(baseName(file.name))),
    },
    wal: null,
  };
}

const baseName = (name: string) => name.slice(name.lastIndexOf('/') + 1);

export const archiveControls: readonly Control[] = [
  {
    ...{ id: 'cut-archive', title: 'an archive cut in half', test: 3, kinds: ['physical'] },
    ...{ lacks: 'the set has no archive', attempt: cutArchive },
  },
  {
    ...{ id: 'cut-dump', title: 'a dump cut in half that pg_restore --list accepts', test: 3 },
    ...{ kinds: ['logical'], lacks: 'the dump holds no rows', attempt: cutArchive },
  },
  {
    ...{ id: 'missing-segment', title: 'a segment of the log missing', test: 3 },
    ...{ kinds: ['physical'], lacks: 'the log lies elsewhere', attempt: missingSegment },
  },
  {
    ...{ id: 'archiver-stopped', title: 'the archiver stopped', test: 3 },
    ...{ kinds: ['physical'], lacks: 'the log lies elsewhere', attempt: archiverStopped },
  },
  {
    ...{ id: 'unrestorable', title: 'a restore that fails', test: 5, kinds: ['physical', 'logical'] },
    ...{ lacks: 'never', attempt: restoreFails },
  },
];
