import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson, Failure } from '../../base/index.js';
import { connectTo, type Session } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import { readServerFacts } from '../expectation/server-facts.js';
import { summarise } from '../expectation/structure.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { copyAndExpect, type CopyRequest } from '../physical/copy-and-expect.js';
import { lossesOfPhysical } from '../physical/physical-losses.js';
import { makeSet, type FilledSet, type NewSet } from '../set/make-set.js';
import { manifestFormat, type RepositoryManifest } from '../set/manifest.js';
import type { Signer } from '../set/signing.js';
import { segmentName, segmentOf } from '../wal/wal-segments.js';
import type { Repository } from './open-repository.js';
import type { RepositoryBackup, RepositoryBackupType } from './repository-info.js';

export interface RepositoryBackupRequest extends CopyRequest {
  readonly repository: Repository;
  /** Where the set lies that says what is expected of the backup. */
  readonly store: LocalStore;
  readonly source: string;
  readonly signer: Signer;
  /** pgBackRest takes a full one when there is none to build on. */
  readonly type: RepositoryBackupType;
  /** For the small set; the repository has a cipher of its own. */
  readonly recipients?: readonly string[];
}

const archivedWithinMs = 60_000;

/**
 * Lets pgBackRest take a backup, and makes a set of what firedrill expects of it. Rejects with `refused` when the repository is
 * of another system, with `check` when pgBackRest found damaged pages or the WAL that the comparison needs is not archived.
 */
export async function takeRepositoryBackup(
  request: RepositoryBackupRequest,
): Promise<{ readonly manifest: RepositoryManifest; readonly directory: string }> {
  const session = await connectTo(request.location, { applicationName: 'firedrill backup' });
  try {
    return await makeSet({ ...request, kind: 'pgbackrest', account: request.location.account }, async (set) =>
      fill(request, session, set),
    );
  } finally {
    await session.end();
  }
}

async function fill(
  request: RepositoryBackupRequest,
  session: Session,
  set: NewSet,
): Promise<FilledSet<RepositoryManifest>> {
  const { repository, location, progress } = request;
  const facts = await readServerFacts(session, repository.tools);
  const { systemIdentifier, walSegmentBytes } = facts;
  const before = await repository.list(request.signal);
  if (before.systemIdentifier !== systemIdentifier) {
    throw new Failure(
      'refused',
      `stanza ${repository.stanza} is of system ${before.systemIdentifier ?? 'unknown'}, the server is of ${systemIdentifier}`,
    );
  }
  progress?.({ stage: 'copying into the repository' });
  const startedAt = performance.now();
  const { copied, content, structure, structureExact, expectationLsn } = await copyAndExpect(
    request,
    { session, systemIdentifier },
    async (signal) => copyInto(request, new Set(before.backups.map(({ label }) => label)), signal),
  );
  const copyMs = Math.round(performance.now() - startedAt);
  const file: StructureFile = structure;
  await writeFile(join(set.directory, structureFileName), canonicalJson(file), { flag: 'wx' });
  const { label, type, needs, startLsn, stopLsn, timeline } = copied;
  const { now: serverStarted, ...server } = facts;
  let losses: readonly string[] = [];
  return {
    beside: async (signal) => {
      losses = await lossesOfPhysical(location);
      const number = segmentOf(expectationLsn, walSegmentBytes);
      await waitForArchive(session, repository, segmentName({ timeline, number }, walSegmentBytes), signal);
    },
    manifest: async (files, encryption) => {
      const endedAt = new Date();
      return {
        ...{ format: manifestFormat, id: set.id, kind: 'pgbackrest', source: request.source },
        server: { ...server, timeline },
        repository: { stanza: repository.stanza, label, type, needs, repo: repository.repo },
        wal: { startLsn, stopLsn, timeline, expectationLsn },
        times: {
          engineStarted: set.startedAt.toISOString(),
          engineEnded: endedAt.toISOString(),
          serverStarted,
          serverEnded: (await readServerFacts(session, repository.tools)).now,
          copyMs,
          totalMs: endedAt.getTime() - set.startedAt.getTime(),
        },
        tools: { pgbackrest: repository.pgbackrest.version },
        encryption,
        files,
        expectation: { ...content, structure: summarise(structure.databases), structureExact },
        losses,
      };
    },
  };
}

async function copyInto(
  request: RepositoryBackupRequest,
  before: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<RepositoryBackup> {
  const { repository, location, type, output } = request;
  const options = [`--type=${type}`, `--repo=${repository.repo}`, '--start-fast', '--log-level-console=info'];
  await repository.run('backup', options, { location, signal, output }).catch((failure: unknown) => {
    if (!(failure instanceof Failure) || failure.reason !== 'cancelled') throw failure;
    // https://pgbackrest.org/configuration.html#section-backup/option-resume
    const said = `${failure.message}; what it had copied stays in its repository, unlisted, and its next backup goes on with it or removes it`;
    throw new Failure('cancelled', said, { cause: failure });
  });
  const { backups } = await repository.list(signal);
  const made = backups.filter(({ label }) => !before.has(label));
  const [one] = made;
  if (one === undefined || made.length > 1)
    throw new Failure(
      'check',
      `pgBackRest reported success, but ${made.length} backups are new in its repository`,
    );
  if (one.damagedPages)
    throw new Failure(
      'check',
      `pgBackRest found damaged pages while it took ${one.label}, and reported success`,
      {
        hint: `Its log names them: \`pgbackrest info ${repository.options.join(' ')} --set=${one.label}\`.`,
      },
    );
  return one;
}

/** Asks the repository itself: what the server says of its archiver is the word of the command that it called. */
async function waitForArchive(
  session: Session,
  repository: Repository,
  segment: string,
  signal: AbortSignal,
): Promise<void> {
  await session.query('select pg_switch_wal()');
  const deadline = performance.now() + archivedWithinMs;
  for (;;) {
    const { archive } = await repository.list(signal);
    if (archive !== null && archive.last >= segment) return;
    if (performance.now() > deadline) {
      throw new Failure(
        'check',
        `segment ${segment} has not arrived in the repository of ${repository.stanza}`,
        {
          hint: 'Look at `archive_command` and `select * from pg_stat_archiver`; a backup without its WAL cannot be compared.',
        },
      );
    }
    await delay(100, undefined, { signal }).catch(() => {
      throw new Failure('cancelled', 'waiting for the archive was cancelled');
    });
  }
}
