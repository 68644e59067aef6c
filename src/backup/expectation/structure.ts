import { canonicalJson, sha256Hex } from '../../base/index.js';
import { connectTo, textColumn, type ClusterLocation, type Session } from '../../postgres/index.js';
import type { Structure, StructureSummary } from './structure-shape.js';
import { readSequences, type SequenceValues } from './sequence-values.js';
import { clusterQueries, databaseQueries } from './structure-queries.js';

/** What belongs to the whole cluster stands under this name, which no database can have without quotes. */
export const clusterWide = '*';

export interface StructureRead {
  readonly databases: { readonly [database: string]: Structure };
  readonly sequences: { readonly [database: string]: SequenceValues };
}

/** Reads the structure of every database that takes connections, templates left out. */
export async function readStructure(location: ClusterLocation): Promise<StructureRead> {
  const found: { [database: string]: Structure } = {};
  const sequences: { [database: string]: SequenceValues } = {};
  const names = await withSession(location, location.database, async (session) => {
    found[clusterWide] = await readKinds(session, clusterQueries);
    return session.query(
      `select datname::text as name from pg_database where datallowconn and not datistemplate order by 1`,
    );
  });
  for (const { name } of names) {
    if (typeof name !== 'string') continue;
    await withSession(location, name, async (session) => {
      found[name] = await readKinds(session, databaseQueries);
      sequences[name] = await readSequences(session);
    });
  }
  return { databases: found, sequences };
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
    ...changed.map((name) => `${where} ${name} is different`),
  ];
}

async function readKinds(session: Session, queries: { readonly [kind: string]: string }): Promise<Structure> {
  return session.transaction(
    async (inside) => {
      await inside.query(
        `set local search_path = ''; set local lc_monetary = 'C'; set local row_security = off`,
      );
      const kinds: { [kind: string]: { [name: string]: string } } = {};
      for (const [kind, sql] of Object.entries(queries)) {
        const rows = await inside.query(sql);
        kinds[kind] = Object.fromEntries(
          rows.map((row) => [textColumn(row, 'name'), sha256Hex(canonicalJson(row['is'])).slice(0, 16)]),
        );
      }
      return kinds;
    },
    { readOnly: true, repeatableRead: true },
  );
}

async function withSession<T>(
  location: ClusterLocation,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connectTo(location, {
    database,
    applicationName: 'firedrill structure',
    readOnly: true,
  });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
