import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.js';
import type { LocalStore } from '../../store/index.js';
import type { StagedSet } from '../set/backup-set.js';
import { stageWal } from '../wal/stage-wal.js';
import { shippedWalIn } from './restore-isolated.js';
import { attempt } from './attempt.js';
import { fetchFiles } from './fetch-files.js';
import { openFiles } from './open-files.js';
import { readFiles, readWal } from './read-files.js';
import { readRepository, repositoryHas } from './read-repository.js';
import { judge, notRun, together, type Outcome, type Outcomes } from './verification.js';
import type { VerifyRequest } from './verify-request.js';

/** What tests 1 to 3 leave for the others. */
export interface Examined {
  readonly outcomes: Outcomes;
  /** The set as PostgreSQL's tools can read it; null when it could not be opened. */
  readonly opened: StagedSet | null;
  readonly walDirectory: string | null;
}

/** Tests 1 to 3: the files of the set, wherever they lie, and the log that it needs. Changes nothing but the staging folder. */
export async function examineFiles(request: VerifyRequest): Promise<Examined> {
  const { set, store, stagingDirectory, identities = [], tools, signal } = request;
  const sealed = set.manifest.files.some((file) => file.plain !== undefined);
  const inPlace = store.kind === 'local' ? join((store as LocalStore).directory, set.id) : null;
  const wanted = inPlace === null && (!sealed || identities.length > 0);
  const directory = inPlace ?? join(stagingDirectory, 'fetched');
  const fetching = fetchFiles({ ...request, into: wanted ? directory : null });
  // Where nothing has to be fetched or opened first, the archives are read beside the hashing.
  const early =
    inPlace !== null && !sealed && set.manifest.kind !== 'pgbackrest'
      ? readFiles(tools, { ...set, directory, files: set.manifest.files }, signal)
      : null;
  const [files, readEarly] = await bothSettled(fetching, early);
  const fetched = together([files, await attempt(async () => inRepository(request))]);
  const usable = fetched.verdict === 'pass' || inPlace !== null;
  if (!usable && sealed) {
    const outcomes = { 1: fetched, 2: notRun('the files could not be fetched') };
    return { outcomes, opened: null, walDirectory: null };
  }
  const into = join(stagingDirectory, 'opened');
  const { outcome, opened } = await openFiles({ ...request, directory, into, identities });
  const outcomes: Outcomes = { 1: fetched, 2: outcome };
  if (opened === null || !usable) return { outcomes, opened: null, walDirectory: null };
  const there = await readThere(request);
  if (there !== null) {
    outcomes[3] = there;
    return { outcomes, opened, walDirectory: null };
  }
  const read = readEarly ?? (await readFiles(tools, opened, signal));
  const wal = await findWal(request);
  const log = wal.problem ?? (await attempt(async () => readWal(opened, wal.directory, request.toLsn)));
  outcomes[3] = together([read, log]);
  return { outcomes, opened, walDirectory: wal.directory };
}

/** What is said beyond the set's own files, where the backup lies in a repository. */
async function inRepository({ set, repository, signal }: VerifyRequest): Promise<Outcome> {
  const { manifest } = set;
  if (manifest.kind !== 'pgbackrest') return judge([], []);
  if (repository === undefined) return notRun(noRepository);
  return repositoryHas(repository, manifest, signal);
}

async function readThere({ set, repository, toLsn, signal }: VerifyRequest): Promise<Outcome | null> {
  const { manifest } = set;
  if (manifest.kind !== 'pgbackrest') return null;
  if (repository === undefined) return notRun(noRepository);
  return attempt(async () => readRepository(repository, manifest, toLsn, signal));
}

const noRepository = 'the backup lies in a repository of pgBackRest, and none was given';

async function bothSettled<A, B>(first: Promise<A>, second: Promise<B> | null): Promise<[A, B | null]> {
  const [left, right] = await Promise.allSettled([first, second]);
  if (left.status === 'rejected') throw left.reason;
  if (right.status === 'rejected') throw right.reason;
  return [left.value, right.value];
}

/** The receiver's folder, or what was shipped, fetched. */
async function findWal(
  request: VerifyRequest,
): Promise<{ readonly directory: string | null; readonly problem?: Outcome }> {
  const { set, store, walDirectory, identities, scratch, signal } = request;
  if (set.manifest.kind === 'logical') return { directory: null };
  if (walDirectory !== undefined) return { directory: walDirectory };
  const { server, wal } = set.manifest;
  // Made first: a stage closes every folder that it makes on its way, and the server has to pass.
  await mkdir(dirname(scratch.dataDirectory), { recursive: true });
  try {
    const staged = await stageWal({
      ...{ store, systemIdentifier: server.systemIdentifier, timeline: wal.timeline, fromLsn: wal.startLsn },
      ...{ segmentBytes: server.walSegmentBytes, into: shippedWalIn(scratch) },
      account: scratch.account,
      ...(identities === undefined ? {} : { identities }),
      ...(signal === undefined ? {} : { signal }),
    });
    const { directory, gap } = staged;
    return gap === null
      ? { directory }
      : { directory, problem: judge([`segment ${gap} is missing, later ones are there`], []) };
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    return { directory: null, problem: judge([failure.message], []) };
  }
}
