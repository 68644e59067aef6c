import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import type { ClusterLocation, IndexDefinition } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { compareStructures, readDatabaseStructure } from '../expectation/structure.js';
import { inFolder, listBackups, type ListedSet } from '../set/backup-set.js';
import { fileProblems } from '../set/set-files.js';
import type { TrustedKeys } from '../set/signing.js';

export interface MissingObjects {
  /** The set whose structure says what should be there, and when it was complete (UTC). */
  readonly expectation: string;
  readonly takenAt: string;
  /** As `kind name`. */
  readonly missing: readonly string[];
  /** There, but not as recorded: as `kind name is different: attributes`. */
  readonly different: readonly string[];
  /** The missing, or invalid, among the indexes, each with the statement that makes it. */
  readonly indexes: readonly IndexDefinition[];
}

export interface MissingRequest {
  readonly store: LocalStore;
  readonly trusted: TrustedKeys;
  readonly location: ClusterLocation;
  readonly database: string;
  readonly signal?: AbortSignal;
}

/** Some definitions can be read only with a lock on their table: behind a lock that somebody holds, this ends soon instead of queueing. */
const lockWaitMs = 500;

/**
 * Compares a database as it is now with what the newest readable backup recorded of it. Reads the set's structure alone, checked against
 * its signed manifest. Rejects with `unavailable` when no set of this store can be read here, or a table stays locked.
 */
export async function findMissingObjects(request: MissingRequest): Promise<MissingObjects> {
  const { location, database } = request;
  const { set, file } = await newestStructure(request);
  const expected = file.databases[database] ?? {};
  const { structure } = await readDatabaseStructure(location, database, {
    lockWaitMs,
    signal: request.signal,
  });
  const prefix = `${database}: `;
  const lines = compareStructures({ [database]: expected }, { [database]: structure }).map((line) =>
    line.slice(prefix.length),
  );
  const missing = lines.flatMap((line) => /^(.*) is missing$/s.exec(line)?.[1] ?? []);
  const invalid = lines.flatMap(
    (line) => /^(indexes .*) is different: (?:.*, )?valid\b/s.exec(line)?.[1] ?? [],
  );
  const definitions = file.indexes?.[database] ?? {};
  return {
    expectation: set.id,
    takenAt: set.manifest.times.engineEnded,
    missing: [...missing, ...invalid.map((name) => `${name} (invalid)`)],
    different: lines.filter((line) => / is different(: |$)/.test(line)),
    indexes: [...missing, ...invalid].flatMap((line) => {
      const name = /^indexes (.*)$/s.exec(line)?.[1];
      if (name === undefined) return [];
      return [{ name, definition: definitions[name] ?? '' }];
    }),
  };
}

async function newestStructure({
  store,
  trusted,
  database,
  signal,
}: MissingRequest): Promise<{ set: ListedSet; file: StructureFile }> {
  const passedOver: string[] = [];
  for (const set of (await listBackups(store, trusted)).sets) {
    const found = await structureOf(store, set, database, signal);
    if (typeof found !== 'string') return { set, file: found };
    passedOver.push(`${set.id}: ${found}`);
  }
  throw new Failure(
    'unavailable',
    passedOver.length === 0
      ? `${store.describe} holds no backup set, so nothing says which objects should be there`
      : `no set in ${store.describe} says which objects should be there: ${passedOver.join('; ')}`,
    {
      hint: 'Compare with the schema in your version control by hand; sets that are not encrypted can be read here.',
      retryable: false,
    },
  );
}

/** The structure that the set recorded, or why it cannot be had. */
async function structureOf(
  store: LocalStore,
  set: ListedSet,
  database: string,
  signal: AbortSignal | undefined,
): Promise<StructureFile | string> {
  const { directory, files } = inFolder(store, set);
  const entry = files.find(({ name, plain }) => name === structureFileName && plain === undefined);
  if (entry === undefined)
    return set.manifest.encryption.length > 0 ? 'it is encrypted' : 'it has no structure';
  const [problem] = await fileProblems(directory, [entry], signal);
  if (problem !== undefined) return problem;
  const file = JSON.parse(await readFile(join(directory, structureFileName), 'utf8')) as StructureFile;
  return Object.hasOwn(file.databases, database) ? file : `it does not hold the database ${database}`;
}
