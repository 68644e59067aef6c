import { canonicalJson, Failure, isJsonObject, sha256Hex, type Json } from '../../base/index.js';
import {
  textColumn,
  withSession,
  type ClusterLocation,
  type ConnectOptions,
  type Session,
} from '../../postgres/index.js';
import type { IndexDefinitions, Structure, StructureSummary } from './structure-shape.js';
import { readIndexDefinitions } from './index-definitions.js';
import { readSequences, type SequenceValues } from './sequence-values.js';
import { clusterQueries, databaseQueries, probeCatalog } from './structure-queries.js';
import { stableDefinition } from './stable-definition.js';
import type { KindQueries } from './structure-sql.js';

/** What belongs to the whole cluster stands under this name, which no database can have without quotes. */
export const clusterWide = '*';

export interface StructureRead {
  readonly databases: { readonly [database: string]: Structure };
  readonly sequences: { readonly [database: string]: SequenceValues };
  readonly indexes: { readonly [database: string]: IndexDefinitions };
}

/** Reads the structure of every database that takes connections, templates too: somebody may have put objects there. */
export async function readStructure(location: ClusterLocation): Promise<StructureRead> {
  const found: { [database: string]: Structure } = { [clusterWide]: await readClusterStructure(location) };
  const sequences: { [database: string]: SequenceValues } = {};
  const indexes: { [database: string]: IndexDefinitions } = {};
  for (const name of await connectableDatabases(location)) {
    const read = await readDatabaseStructure(location, name);
    found[name] = read.structure;
    sequences[name] = read.sequences;
    indexes[name] = read.indexes;
  }
  return { databases: found, sequences, indexes };
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

/** One database as it is now. Waits for no lock longer than `lockTimeoutMs` (for ever): then rejects with `timeout`. */
export async function readDatabaseStructure(
  location: ClusterLocation,
  database: string,
  options: { readonly lockTimeoutMs?: number } = {},
): Promise<{
  readonly structure: Structure;
  readonly sequences: SequenceValues;
  readonly indexes: IndexDefinitions;
}> {
  return withSession(location, reading(database), async (session) => ({
    structure: await readKinds(session, databaseQueries, options.lockTimeoutMs),
    sequences: await readSequences(session),
    indexes: await readIndexDefinitions(session),
  }));
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

async function readKinds(session: Session, queries: KindQueries, lockTimeoutMs = 0): Promise<Structure> {
  return session.transaction(
    async (inside) => {
      await inside.query(`set local lock_timeout = ${lockTimeoutMs}`);
      return kindsInside(inside, queries);
    },
    { readOnly: true, repeatableRead: true },
  );
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
  return { database, applicationName: 'firedrill structure', readOnly: true };
}
