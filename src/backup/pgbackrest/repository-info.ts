import { Failure, isJsonObject, type Json } from '../../base/index.js';

export type RepositoryBackupType = 'full' | 'diff' | 'incr';

/** One backup as the repository tells of it. */
export interface RepositoryBackup {
  readonly label: string;
  readonly type: RepositoryBackupType;
  /** Labels that a restore of this one needs; none for a full one. */
  readonly needs: readonly string[];
  readonly startLsn: string;
  readonly stopLsn: string;
  /** First and last segment that a restore needs at least. */
  readonly wal: { readonly first: string; readonly last: string };
  readonly timeline: number;
  /** ISO 8601, by the clock of the machine that took it. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly databaseBytes: number;
  /** What this one adds to the repository. */
  readonly repositoryBytes: number;
  /** It found pages with a wrong checksum while it copied, and exited with 0 all the same. */
  readonly damagedPages: boolean;
}

export interface RepositoryListing {
  /** Why nothing can be done with the stanza; null: it can. A stanza without backups is no problem. */
  readonly problem: string | null;
  readonly systemIdentifier: string | null;
  /** Oldest first. */
  readonly backups: readonly RepositoryBackup[];
  /** The archive that is written now: its name, its oldest and its newest segment; null: none. */
  readonly archive: { readonly id: string; readonly first: string; readonly last: string } | null;
}

/** Reads `pgbackrest info --output=json`. Rejects with `check` when it is something else. */
export function readInfo(text: string, stanza: string, repo: number): RepositoryListing {
  const found = parse(text).find((one) => isJsonObject(one) && one['name'] === stanza);
  const none = { systemIdentifier: null, backups: [], archive: null };
  if (!isJsonObject(found)) return { ...none, problem: `it knows no stanza ${stanza}` };
  const status = isJsonObject(found['status']) ? found['status'] : {};
  // 0: well; 2: no valid backups yet.
  const problem = status['code'] === 0 || status['code'] === 2 ? null : wordOf(status['message']);
  const database = listOf(found['db']).filter(isJsonObject).at(-1);
  const archives = listOf(found['archive']).filter(isJsonObject);
  const archive = archives.findLast((one) => ofRepo(one, repo) && typeof one['max'] === 'string');
  return {
    problem,
    systemIdentifier: systemIdentifierOf(text, stanza) ?? wordOrNull(database?.['system-id']),
    backups: listOf(found['backup'])
      .filter(isJsonObject)
      .filter((one) => ofRepo(one, repo))
      .map(backupOf),
    archive:
      archive === undefined
        ? null
        : { id: wordOf(archive['id']), first: wordOf(archive['min']), last: wordOf(archive['max']) },
  };
}

type JsonObject = { readonly [key: string]: Json };

function backupOf(one: JsonObject): RepositoryBackup {
  const part = (name: string): JsonObject => (isJsonObject(one[name]) ? one[name] : {});
  const [lsn, archive, info, timestamp] = ['lsn', 'archive', 'info', 'timestamp'].map(part);
  const repository = isJsonObject(info?.['repository']) ? info['repository'] : {};
  const label = wordOf(one['label']);
  const type = wordOf(one['type']);
  if (type !== 'full' && type !== 'diff' && type !== 'incr')
    throw new Failure('check', `pgBackRest tells of a backup ${label} of the type ${type}`);
  const first = wordOf(archive?.['start']);
  return {
    label,
    type,
    needs: listOf(one['reference']).map(wordOf),
    startLsn: wordOf(lsn?.['start']),
    stopLsn: wordOf(lsn?.['stop']),
    wal: { first, last: wordOf(archive?.['stop']) },
    timeline: Number.parseInt(first.slice(0, 8), 16),
    startedAt: new Date(Number(timestamp?.['start']) * 1000).toISOString(),
    endedAt: new Date(Number(timestamp?.['stop']) * 1000).toISOString(),
    databaseBytes: Number(info?.['size'] ?? 0),
    repositoryBytes: Number(repository['delta'] ?? 0),
    damagedPages: one['error'] === true,
  };
}

function ofRepo(one: JsonObject, repo: number): boolean {
  const database = one['database'];
  return isJsonObject(database) && database['repo-key'] === repo;
}

/** A number of 64 bits that JSON.parse would round. */
function systemIdentifierOf(text: string, stanza: string): string | null {
  if (!text.includes(`"name":${JSON.stringify(stanza)}`)) return null;
  return [...text.matchAll(/"system-id":(\d+)/g)].at(-1)?.[1] ?? null;
}

function parse(text: string): readonly Json[] {
  try {
    const value = JSON.parse(text) as Json;
    if (isList(value)) return value;
  } catch {
    // Said below.
  }
  throw new Failure('check', 'pgbackrest info did not answer with a list in JSON');
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function wordOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}

function wordOf(value: Json | undefined): string {
  const word = wordOrNull(value);
  if (word === null) throw new Failure('check', 'pgbackrest info left out something that it always says');
  return word;
}
