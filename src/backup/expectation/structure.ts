import { canonicalJson, Failure, isJsonObject, sha256Hex, type Json } from '../../base/index.js';
import {
  textColumn,
  withSession,
  type ClusterLocation,
  type ConnectOptions,
  type Session,
} from '../../postgres/index.js';
import { inParallel } from '../set/in-parallel.js';
import type { IndexDefinitions, Structure, StructureSummary } from './structure-shape.js';
import { readIndexDefinitions } from './index-definitions.js';
import { namingHolders, usualLockWaitMs } from './stayed-locked.js';
import { readSequences, type SequenceValues } from './sequence-values.js';
import { clusterQueries, databaseQueries, probeCatalog } from './structure-queries.js';
import { stableDefinition } from './stable-definition.js';
import type { KindQueries } from './structure-sql.js';

/** What belongs to the whole cluster stands under this name, which no database can have without quotes. */
export const clusterWide = '*';

/** Databases that are read beside each other. */
const atOnce = 2;

/** How long a locked table may keep a reading waiting, and what ends it before. */
export interface Patience {
  readonly lockWaitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StructureRead {
  readonly databases: { readonly [database: string]: Structure };
  readonly sequences: { readonly [database: string]: SequenceValues };
  readonly indexes: { readonly [database: string]: IndexDefinitions };
}

/** Reads the structure of every database that takes connections, templates too: somebody may have put objects there. */
export async function readStructure(
  location: ClusterLocation,
  patience: Patience = {},
): Promise<StructureRead> {
  const found: { [database: string]: Structure } = { [clusterWide]: await readClusterStructure(location) };
  const sequences: { [database: string]: SequenceValues } = {};
  const indexes: { [database: string]: IndexDefinitions } = {};
  await inParallel(await connectableDatabases(location), atOnce, async (name) => {
    const read = await readDatabaseStructure(location, name, patience);
    found[name] = read.structure;
    sequences[name] = read.sequences;
    indexes[name] = read.indexes;
  });
  return { databases: found, sequences, indexes };
}

/** The values of all sequences as they are now, of every database that takes connections. */
export async function readAllSequences(
  location: ClusterLocation,
  patience: Patience = {},
): Promise<StructureRead['sequences']> {
  const sequences: { [database: string]: SequenceValues } = {};
  await inParallel(await connectableDatabases(location), atOnce, async (database) => {
    sequences[database] = await waiting(location, database, patience, readSequences);
  });
  return sequences;
}

/** Databases that take connections, by name; one whose removal was interrupted takes none. */
export async function connectableDatabases(location: ClusterLocation): Promise<string[]> {
  return withSession(location, reading(location.database), async (session) => {
    const rows = await session.query(
      `select datname::text as name from pg_database where datallowconn and datconnlimit <> -2 order by 1`,
    );
    return rows.map((row) => textColumn(row, 'name'));
  });
}

/** What belongs to no database: roles, memberships, tablespaces, the databases themselves. */
export async function readClusterStructure(location: ClusterLocation): Promise<Structure> {
  return withSession(location, reading(location.database), async (session) =>
    readKinds(session, clusterQueries),
  );
}

/** One database as it is now. Definitions of views are read with their tables: rejects with `unavailable` when those stay locked. */
export async function readDatabaseStructure(
  location: ClusterLocation,
  database: string,
  patience: Patience = {},
): Promise<{
  readonly structure: Structure;
  readonly sequences: SequenceValues;
  readonly indexes: IndexDefinitions;
}> {
  return waiting(location, database, patience, async (session) => ({
    structure: await readKinds(session, databaseQueries),
    sequences: await readSequences(session),
    indexes: await readIndexDefinitions(session),
  }));
}

async function waiting<T>(
  location: ClusterLocation,
  database: string,
  { lockWaitMs = usualLockWaitMs, signal }: Patience,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const options = { ...reading(database), lockTimeoutMs: lockWaitMs };
  return namingHolders({ location, database, lockWaitMs }, async () =>
    withSession(location, options, work, signal),
  );
}

export function summarise(databases: { readonly [database: string]: Structure }): StructureSummary {
  const summary = (structure: Structure) =>
    Object.fromEntries(
      Object.entries(structure).map(([kind, objects]) => [
        kind,
        { objects: Object.keys(objects).length, sha256: sha256Hex(canonicalJson(objects)) },
      ]),
    );
  return Object.fromEntries(Object.entries(databases).map(([name, structure]) => [name, summary(structure)]));
}

/** One line for each object that is missing, unexpected or different; empty when the same. */
export function compareStructures(
  expected: { readonly [database: string]: Structure },
  actual: { readonly [database: string]: Structure },
): string[] {
  const differences: string[] = [];
  for (const database of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const [was, is] = [expected[database] ?? {}, actual[database] ?? {}];
    for (const kind of new Set([...Object.keys(was), ...Object.keys(is)])) {
      differences.push(...compareKind(`${database}: ${kind}`, was[kind] ?? {}, is[kind] ?? {}));
    }
  }
  return differences;
}

function compareKind(
  where: string,
  was: { readonly [name: string]: string },
  is: { readonly [name: string]: string },
): string[] {
  const gone = Object.keys(was).filter((name) => !Object.hasOwn(is, name));
  const added = Object.keys(is).filter((name) => !Object.hasOwn(was, name));
  const changed = Object.keys(was).filter((name) => Object.hasOwn(is, name) && is[name] !== was[name]);
  return [
    ...gone.map((name) => `${where} ${name} is missing`),
    ...added.map((name) => `${where} ${name} was not there`),
    ...changed.map((name) => `${where} ${name} is different${inWords(was[name] ?? '', is[name] ?? '')}`),
  ];
}

/** Which attributes differ. */
function inWords(was: string, is: string): string {
  const [before, after] = [attributes(was), attributes(is)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const different = names.filter((name) => before.get(name) !== after.get(name));
  return different.length === 0 ? '' : `: ${different.join(', ')}`;
}

function attributes(mark: string): Map<string, string> {
  return new Map(mark.split('; ').map((one) => [one.replace(/:[0-9a-f]*$/, ''), one]));
}

async function readKinds(session: Session, queries: KindQueries): Promise<Structure> {
  return session.transaction(async (inside) => kindsInside(inside, queries), {
    readOnly: true,
    repeatableRead: true,
  });
}

/** The database that the session is in, in the transaction that the caller holds; changes its settings until its end. */
export async function structureInTransaction(inside: Session): Promise<Structure> {
  return kindsInside(inside, databaseQueries);
}

async function kindsInside(inside: Session, queries: KindQueries): Promise<Structure> {
  const has = await probeCatalog(inside);
  // Whatever a database or a role has set must not change how the server writes definitions.
  await inside.query(
    `set local search_path = ''; set local lc_monetary = 'C'; set local row_security = off;
     set local quote_all_identifiers = off; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres';
     set local timezone = 'UTC'; set local extra_float_digits = 1; set local bytea_output = 'hex';
     set local xmlbinary = 'base64'; set local jit = off`,
  );
  const kinds: { [kind: string]: { [name: string]: string } } = {};
  const digest = rememberingDigest();
  for (const [kind, sql] of Object.entries(queries(has))) {
    const rows = await inside.query(sql);
    kinds[kind] = Object.fromEntries(
      rows.map((row) => [textColumn(row, 'name'), markOf(row['is'] ?? null, digest)]),
    );
  }
  return kinds;
}

function markOf(is: Json, digest: (value: Json) => string): string {
  if (!isJsonObject(is)) throw new Failure('check', 'the server gave no attributes for an object');
  return Object.entries(is)
    .map(([attribute, value]) => `${attribute}:${digest(value)}`)
    .sort()
    .join('; ');
}

/** Thousands of columns have few types: each value is hashed once. */
function rememberingDigest(): (value: Json) => string {
  const known = new Map<string, string>();
  return (value) => {
    const text = stableDefinition(canonicalJson(value));
    const before = known.get(text);
    if (before !== undefined) return before;
    const digest = sha256Hex(text).slice(0, 16);
    known.set(text, digest);
    return digest;
  };
}

function reading(database: string): ConnectOptions {
  return { database, applicationName: 'firedrill structure', readOnly: true, mayIdle: true };
}
