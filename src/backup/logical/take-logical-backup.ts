import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../base/index.js';
import { connectTo, type ClusterLocation, type PostgresTools, type Session } from '../../postgres/index.js';
import { makeDurableFolder, type LocalStore } from '../../store/index.js';
import { readServerFacts } from '../expectation/server-facts.js';
import {
  clusterWide,
  connectableDatabases,
  readClusterStructure,
  summarise,
} from '../expectation/structure.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import type { Progress } from '../progress.js';
import { makeSet, type FilledSet, type NewSet } from '../set/make-set.js';
import { manifestFormat, type LogicalManifest } from '../set/manifest.js';
import type { Signer } from '../set/signing.js';
import { clusterFactsName, readClusterFacts } from './cluster-facts.js';
import { databasesLeftOut, withoutDatabases } from './databases-left-out.js';
import { dumpDatabase, type DumpedDatabase } from './dump-database.js';
import { dumpGlobals } from './dump-globals.js';
import { dumpCompression } from './dump-options.js';
import { requireDumpable } from './dump-prerequisites.js';
import { lossesOfLogical } from './logical-losses.js';
import { stayConnected } from './stay-connected.js';

export interface LogicalBackupRequest {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  readonly store: LocalStore;
  /** For whom: the policy’s or the environment’s name. */
  readonly source: string;
  readonly signer: Signer;
  /** All that take connections unless told. */
  readonly databases?: readonly string[];
  /** Every row of every table, or structure alone: for databases too large to be read a second time. */
  readonly content?: 'exact' | 'none';
  /** Connections of a dump beside each other; as many as there are processors, at most four, unless told. */
  readonly jobs?: number;
  /** How long a table that somebody alters may keep the dump waiting; a minute unless told. */
  readonly lockWaitMs?: number;
  /** age recipients the files are encrypted for; none: not encrypted. */
  readonly recipients?: readonly string[];
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
  readonly progress?: (progress: Progress) => void;
}

interface Dumped extends DumpedDatabase {
  readonly name: string;
  readonly prefix: string;
}

/**
 * Takes one logical backup set: a dump of each database in a snapshot of its own, the cluster's roles and tablespaces, and, read
 * in the same snapshots, the rows, hashes and structure that a restore must have. Rejects with `refused` or `unavailable` before
 * anything is written when rights, programs or room do not reach; whatever fails later leaves nothing.
 */
export async function takeLogicalBackup(
  request: LogicalBackupRequest,
): Promise<{ readonly manifest: LogicalManifest; readonly directory: string }> {
  const session = await connectTo(request.location, { applicationName: 'firedrill backup' });
  try {
    await stayConnected(session);
    await makeDurableFolder(request.store.directory);
    const { superuser } = await requireDumpable(request.tools, session, request);
    return await makeSet({ ...request, kind: 'logical', account: request.location.account }, async (set) =>
      fill(request, session, set, superuser),
    );
  } finally {
    await session.end();
  }
}

async function fill(
  request: LogicalBackupRequest,
  session: Session,
  set: NewSet,
  superuser: boolean,
): Promise<FilledSet<LogicalManifest>> {
  const { tools, location, signal, output, progress } = request;
  const jobs = request.jobs ?? Math.min(4, availableParallelism());
  const compression = await dumpCompression(tools);
  const { now: serverStarted, ...server } = await readServerFacts(session, tools);
  const names = request.databases ?? (await connectableDatabases(location));
  const before = await readClusterStructure(location);
  const dumped: Dumped[] = [];
  for (const [at, name] of names.entries()) {
    progress?.({ stage: `dumping database ${name}` });
    const prefix = `db-${at + 1}`;
    const one = await dumpDatabase({
      ...{ tools, location, database: name, directory: set.directory, prefix },
      ...{ compression, jobs, signal, output, content: request.content ?? 'exact' },
      lockWaitMs: request.lockWaitMs ?? 60_000,
    });
    dumped.push({ ...one, name, prefix });
  }
  await dumpGlobals({ tools, location, directory: set.directory, rolePasswords: superuser, signal });
  const facts = await readClusterFacts(location, dumped);
  const after = await readClusterStructure(location);
  const missed = await databasesLeftOut(session, names);
  const detail: StructureFile = {
    databases: {
      [clusterWide]: withoutDatabases(
        after,
        missed.map(({ quoted }) => quoted),
      ),
      ...byName(dumped, (one) => one.structure),
    },
    sequences: byName(dumped, (one) => one.sequences),
  };
  const write = async (name: string, value: object) =>
    writeFile(join(set.directory, name), canonicalJson(value), { flag: 'wx' });
  await write(structureFileName, detail);
  await write(clusterFactsName, facts);
  const losses = await lossesOfLogical(location);
  for (const { name, connects } of missed)
    if (connects) losses.push(`database ${name} (it was not asked for)`);
  if (!superuser) losses.push('passwords of roles (only a superuser can read them)');
  progress?.({ stage: 'hashing' });
  return {
    manifest: async (files, encryption) => {
      const endedAt = new Date();
      return {
        format: manifestFormat,
        id: set.id,
        kind: 'logical',
        source: request.source,
        server: { ...server, timeline: 0 },
        dump: {
          databases: dumped.map(({ name, prefix }) => ({ name, prefix })),
          jobs,
          rolePasswords: superuser,
        },
        times: {
          engineStarted: set.startedAt.toISOString(),
          engineEnded: endedAt.toISOString(),
          serverStarted,
          serverEnded: (await readServerFacts(session, tools)).now,
          copyMs: dumped.reduce((sum, one) => sum + one.copyMs, 0),
          totalMs: endedAt.getTime() - set.startedAt.getTime(),
        },
        tools: { pg_dump: tools.version },
        compression: compression.name,
        encryption,
        files,
        expectation: {
          ...kindOf(request.content ?? 'exact'),
          hashMethod: 'text',
          databases: byName(dumped, (one) => one.content),
          durationMs: dumped.reduce((sum, one) => sum + one.expectationMs, 0),
          structure: summarise(detail.databases),
          // Roles and tablespaces know no snapshot: they are as recorded only if nobody changed them meanwhile.
          structureExact: canonicalJson(before) === canonicalJson(after),
        },
        losses,
      };
    },
  };
}

function byName<T>(dumped: readonly Dumped[], pick: (one: Dumped) => T): { [name: string]: T } {
  return Object.fromEntries(dumped.map((one) => [one.name, pick(one)]));
}

function kindOf(content: 'exact' | 'none'): { readonly kind: 'exact' | 'partial'; readonly source: string } {
  return content === 'exact'
    ? {
        kind: 'exact',
        source:
          'row counts and content hashes of every table, and the structure, read in the snapshot of the dump itself',
      }
    : {
        kind: 'partial',
        source: 'the structure, read in the snapshot of the dump itself; no row of any table',
      };
}
