import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration } from '../../base/index.js';
import {
  connectTo,
  hashTables,
  hasTool,
  quoteName,
  runTool,
  textOrNull,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import type { StagedSet } from '../set/backup-set.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import type { BackupManifest } from '../set/manifest.js';
import { sequencesBehind } from '../expectation/sequence-values.js';
import { compareStructures, readStructure } from '../expectation/structure.js';
import { judge, notRun, type Outcome } from './verification.js';

/** What says how much was lost: a table with a row written all the time, and how old its newest may be. */
export interface Freshness {
  readonly table: string;
  readonly timeColumn: string;
  readonly database?: string;
  readonly rpoMs: number;
  readonly rtoMs?: number;
}

/** Test 4: every object as recorded. */
export async function compareComplete(restored: ClusterLocation, set: StagedSet): Promise<Outcome> {
  if (!set.manifest.expectation.structureExact)
    return notRun('the structure changed all the while the backup recorded it');
  const expected = await readExpected(set);
  const actual = await readStructure(restored);
  const counts = Object.values(expected.databases).flatMap((kinds) =>
    Object.values(kinds).map((objects) => Object.keys(objects).length),
  );
  const total = counts.reduce((sum, one) => sum + one, 0);
  return judge(compareStructures(expected.databases, actual.databases).slice(0, 50), [
    `${total} objects of ${Object.keys(expected.databases).length - 1} databases and the cluster are as recorded, owners and grants included`,
  ]);
}

/** Test 6: counts and hashes of every table whose content is known. */
export async function compareContent(restored: ClusterLocation, manifest: BackupManifest): Promise<Outcome> {
  const { databases, kind, hashMethod } = manifest.expectation;
  const problems: string[] = [];
  const uncovered: string[] = [];
  let [tables, rows] = [0, 0];
  for (const [database, expected] of Object.entries(databases)) {
    const upTo = Object.fromEntries(
      expected.tables.flatMap((one) => (one.upTo === undefined ? [] : [[one.table, one.upTo]])),
    );
    const names = expected.tables.map((one) => one.table);
    const found = await withSession(restored, database, async (session) =>
      hashTables(session, names, { upTo, method: hashMethod }),
    );
    for (const [at, was] of expected.tables.entries()) {
      const is = found[at];
      tables += 1;
      rows += was.rows;
      if (is !== undefined && is.rows === was.rows && is.hash === was.hash) continue;
      problems.push(
        `${was.table} has ${is?.rows ?? 0} rows with hash ${is?.hash ?? ''}, expected ${was.rows} with ${was.hash}`,
      );
    }
    uncovered.push(...expected.uncovered.map((one) => `not covered: ${one.table}, ${one.why}`));
  }
  if (tables === 0) return notRun('the policy names no table whose content could be compared');
  return judge(problems, [
    `${tables} tables, ${rows} rows equal in count and content hash (${kind === 'exact' ? 'an exact' : 'a partial'} expectation)`,
    ...uncovered,
  ]);
}

/** Test 7, the part with a running server: amcheck of everything, sequences, collation versions. */
export async function checkStructure(
  tools: PostgresTools,
  restored: ClusterLocation,
  set: StagedSet,
  signal?: AbortSignal,
): Promise<Outcome> {
  if (!(await hasTool(tools, 'pg_amcheck'))) return notRun('pg_amcheck is not installed');
  const [available] = await withSession(restored, restored.database, async (session) =>
    session.query(`select 1 as one from pg_available_extensions where name = 'amcheck'`),
  );
  if (available === undefined) return notRun('the extension amcheck is not available to the server');
  const said: Buffer[] = [];
  // Installs the extension where it is missing: this is a copy, and the check that locks is allowed here.
  const args = ['--all', '--install-missing', '--heapallindexed', '--parent-check', '-w'];
  const amcheck = await runTool(tools, 'pg_amcheck', args, {
    location: restored,
    signal,
    onOutput: (chunk) => said.push(chunk),
  }).then(
    () => [],
    (failure: unknown) => [
      failure instanceof Error ? failure.message : String(failure),
      ...Buffer.concat(said).toString('utf8').split('\n').slice(0, 10),
    ],
  );
  const expected = await readExpected(set);
  const actual = await readStructure(restored);
  const behind = Object.entries(expected.sequences).flatMap(([database, values]) =>
    sequencesBehind(values, actual.sequences[database] ?? {}),
  );
  const collations = await withSession(restored, restored.database, oldCollations);
  return judge(
    [...amcheck, ...behind, ...collations],
    [
      'amcheck found nothing in any heap or B-tree',
      'no sequence behind its recorded value',
      'collation versions as recorded',
    ],
  );
}

async function oldCollations(session: Session): Promise<string[]> {
  const rows = await session.query(`select collname::text as name from pg_collation
    where collversion is not null and collversion <> pg_collation_actual_version(oid)`);
  return rows.map(
    (row) => `collation ${textOrNull(row, 'name') ?? ''} was made with another version of its library`,
  );
}

/** Test 7, the part without a server: every page's checksum. */
export async function checkPages(
  tools: PostgresTools,
  restored: ClusterLocation,
  signal?: AbortSignal,
): Promise<Outcome> {
  const lines: Buffer[] = [];
  await runTool(tools, 'pg_checksums', ['--check', '-D', restored.dataDirectory], {
    location: restored,
    signal,
    onOutput: (chunk) => lines.push(chunk),
  });
  const blocks = /Blocks scanned:\s+(\d+)/.exec(Buffer.concat(lines).toString())?.[1] ?? 'all';
  return judge([], [`pg_checksums: ${blocks} blocks, no bad checksum`]);
}

/** Test 8. */
export async function checkUsable(
  restored: ClusterLocation,
  freshness: Freshness | undefined,
  restoreMs: number,
): Promise<Outcome> {
  await withSession(restored, restored.database, async (session) => {
    await session.query(
      'create table firedrill_usable(id int); insert into firedrill_usable values (1); drop table firedrill_usable',
    );
  });
  const written = 'a write was acknowledged';
  if (freshness === undefined)
    return notRun(`${written}, but no canary table is named, so its age is unknown`);
  const [row] = await withSession(restored, freshness.database ?? restored.database, async (session) =>
    session.query(
      `select extract(epoch from clock_timestamp() - max(${quoteName(freshness.timeColumn)}))::float8 * 1000 as age from ${freshness.table}`,
    ),
  );
  const age = row?.['age'];
  if (typeof age !== 'number')
    return judge([`${freshness.table} has no row: there is no canary to tell the age by`], []);
  const problems = [
    ...(age > freshness.rpoMs
      ? [`the newest canary is ${formatDuration(age)} old, allowed are ${formatDuration(freshness.rpoMs)}`]
      : []),
    ...(freshness.rtoMs !== undefined && restoreMs > freshness.rtoMs
      ? [`the restore took ${formatDuration(restoreMs)}, allowed are ${formatDuration(freshness.rtoMs)}`]
      : []),
  ];
  return judge(problems, [
    written,
    `the newest canary is ${formatDuration(age)} old`,
    `restored in ${formatDuration(restoreMs)}`,
  ]);
}

async function readExpected(set: StagedSet): Promise<StructureFile> {
  return JSON.parse(await readFile(join(set.directory, structureFileName), 'utf8')) as StructureFile;
}

async function withSession<T>(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connectTo(location, { database, applicationName: 'firedrill verify' });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
