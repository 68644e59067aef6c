import { Failure } from '../../base/index.js';
import type { Repository } from '../pgbackrest/open-repository.js';
import type { RepositoryListing } from '../pgbackrest/repository-info.js';
import type { RepositoryManifest } from '../set/manifest.js';
import { parseSegmentName, segmentOf } from '../wal/wal-segments.js';
import { judge, type Outcome } from './verification.js';

/** Test 1, what lies in the repository: this backup and those that it needs, none known to be damaged. */
export async function repositoryHas(
  repository: Repository,
  manifest: RepositoryManifest,
  signal?: AbortSignal,
): Promise<Outcome> {
  const listing = await repository.list(signal);
  const wanted = [manifest.repository.label, ...manifest.repository.needs];
  const problems = wanted.flatMap((label) => {
    const found = listing.backups.find((one) => one.label === label);
    if (found === undefined) return [`backup ${label} is not in the repository`];
    return found.damagedPages
      ? [`backup ${label} was taken of damaged pages, as pgBackRest noticed then`]
      : [];
  });
  return judge(
    [
      ...(listing.problem === null ? [] : [listing.problem]),
      ...systemProblem(listing, manifest),
      ...problems,
    ],
    [`the repository of ${manifest.repository.stanza} has ${wanted.join(', ')}`],
  );
}

function systemProblem(listing: RepositoryListing, { server }: RepositoryManifest): string[] {
  const { systemIdentifier } = listing;
  return systemIdentifier === null || systemIdentifier === server.systemIdentifier
    ? []
    : [`the repository belongs to system ${systemIdentifier}, not ${server.systemIdentifier}`];
}

/**
 * Test 3: every file and every segment of the repository, read by pgBackRest itself. It exits with 0 whatever it finds, so what it
 * says is judged, and what it leaves unsaid is a failure.
 */
export async function readRepository(
  repository: Repository,
  manifest: RepositoryManifest,
  toLsn: string | undefined,
  signal?: AbortSignal,
): Promise<Outcome> {
  const said: Uint8Array[] = [];
  await repository.run(
    'verify',
    [`--repo=${repository.repo}`, '--output=text', '--verbose', '--log-level-file=off'],
    { signal, output: (chunk) => said.push(chunk) },
  );
  const text = Buffer.concat(said).toString('utf8');
  const { label, needs } = manifest.repository;
  const found = readVerified(text);
  const problems = [label, ...needs].flatMap((one) => {
    const backup = found.backups.find((each) => each.label === one);
    if (backup === undefined) return [`pgbackrest verify says nothing of backup ${one}`];
    return backup.valid ? [] : [`backup ${one}: ${backup.line}`];
  });
  const ends = await reachProblem(repository, manifest, toLsn, signal);
  return judge(
    [...problems, ...found.archiveProblems, ...ends],
    [
      `pgbackrest verify read backups ${[label, ...needs].join(', ')} to the end: valid`,
      ...found.archives.map((line) => `the log: ${line}`),
    ],
  );
}

export interface Verified {
  readonly backups: readonly { readonly label: string; readonly valid: boolean; readonly line: string }[];
  readonly archives: readonly string[];
  readonly archiveProblems: readonly string[];
}

/** What `pgbackrest verify --output=text --verbose` says. Rejects with `check` when it is something else. */
export function readVerified(text: string): Verified {
  const lines = text.split('\n').map((line) => line.trim());
  if (!lines.some((line) => line.startsWith('stanza: ')))
    throw new Failure('check', 'pgbackrest verify did not say what it found');
  const withNext = (at: number) => `${lines[at] ?? ''}; ${lines[at + 1] ?? ''}`;
  const backups: Verified['backups'][number][] = [];
  const [archives, archiveProblems]: [string[], string[]] = [[], []];
  for (const [at, line] of lines.entries()) {
    const backup = /^backup: (\S+), status: (\w+)/.exec(line);
    if (backup !== null) {
      const faults = numbersOf(lines[at + 1] ?? '').some((count) => count > 0);
      backups.push({ label: backup[1] ?? '', valid: backup[2] === 'valid' && !faults, line: withNext(at) });
    }
    if (!line.startsWith('archiveId: ')) continue;
    const bad = numbersOf(lines[at + 1] ?? '').some((count) => count > 0);
    (bad ? archiveProblems : archives).push(bad ? withNext(at) : line);
  }
  archiveProblems.push(...lines.filter((line) => /^(ERROR|.*\bERROR:)/.test(line)));
  return { backups, archives, archiveProblems };
}

/** `missing: 0, checksum invalid: 2, size invalid: 0, other: 0` */
function numbersOf(line: string): number[] {
  return line.startsWith('missing: ') ? [...line.matchAll(/: (\d+)/g)].map(([, count]) => Number(count)) : [];
}

/** Whether the log goes as far as it must. */
async function reachProblem(
  repository: Repository,
  { wal, server }: RepositoryManifest,
  toLsn: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { archive } = await repository.list(signal);
  if (archive === null) return ['the repository holds no WAL'];
  const until = toLsn ?? wal.expectationLsn;
  const last = parseSegmentName(archive.last, server.walSegmentBytes);
  return last !== null && last.number >= segmentOf(until, server.walSegmentBytes)
    ? []
    : [`the WAL ends with ${archive.last}, before ${until}`];
}
