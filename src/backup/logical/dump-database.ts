import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bothOrNeither, Failure } from '../../base/index.js';
import {
  connectTo,
  runTool,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
  type Session,
} from '../../postgres/index.js';
import type { DatabaseExpectation } from '../expectation/expectation.js';
import { hashBeside } from '../expectation/hash-beside.js';
import { readSequences, type SequenceValues } from '../expectation/sequence-values.js';
import { structureInTransaction } from '../expectation/structure.js';
import type { Structure } from '../expectation/structure-shape.js';
import type { DumpCompression } from './dump-options.js';
import { dumpedTables, tablesOfExtensions } from './dumped-tables.js';
import { readNeeds, type DatabaseNeeds } from './database-needs.js';
import { beginWithLocks } from './lock-tables.js';
import { stayConnected } from './stay-connected.js';

export interface DumpRequest {
  readonly tools: PostgresTools;
  readonly location: ClusterLocation;
  readonly database: string;
  /** Folder of the set; the dump becomes its sub-folder `prefix`. */
  readonly directory: string;
  readonly prefix: string;
  readonly compression: DumpCompression;
  readonly jobs: number;
  readonly content: 'exact' | 'none';
  /** How long a table that somebody alters may keep the dump waiting. */
  readonly lockWaitMs: number;
  readonly signal: AbortSignal | undefined;
  readonly output: ((text: string | Uint8Array) => void) | undefined;
}

export interface DumpedDatabase {
  readonly content: DatabaseExpectation;
  readonly structure: Structure;
  readonly sequences: SequenceValues;
  readonly needs: DatabaseNeeds;
  readonly copyMs: number;
  readonly expectationMs: number;
}

/** Somebody who wants a table for himself gets it between two attempts. */
const attempts = 3;
/** With our own locks held a dump gets its locks at once, unless somebody who waits for us stands before it. */
const queuedMs = 2000;

/**
 * Dumps one database and reads, in the very same snapshot and beside the dump, how many rows each table has, their hash, and
 * the structure. Rejects with `exit-code` when the dump fails, `unavailable` when tables stay locked, and leaves what was written
 * to the caller.
 */
export async function dumpDatabase(request: DumpRequest): Promise<DumpedDatabase> {
  const { directory, prefix, database, output } = request;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dumpOnce(request);
    } catch (failure) {
      if (!isCrowdedOut(failure)) throw failure;
      if (attempt === attempts) throw crowdedOut(database, failure);
      output?.(`somebody wants a table of ${database} for himself and goes first; its dump begins again\n`);
      await rm(join(directory, prefix), { recursive: true, force: true });
    }
  }
}

async function dumpOnce(request: DumpRequest): Promise<DumpedDatabase> {
  const { location, database, lockWaitMs, signal } = request;
  const holder = await connectTo(location, {
    database,
    applicationName: 'firedrill snapshot',
    readOnly: true,
  });
  try {
    await stayConnected(holder);
    await beginWithLocks(holder, { location, database, lockWaitMs }, signal);
    const [row] = await holder.query('select pg_export_snapshot() as snapshot');
    const snapshot = textColumn(row, 'snapshot');
    // Sequences know no snapshot: read before the dump reads them, none can stand there behind what is recorded here.
    const sequences = await readSequences(holder);
    const needs = await readNeeds(holder);
    const [copyMs, expected] = await bothOrNeither(
      async (either) => runDump(request, snapshot, either),
      async (either) => expectationOf(request, holder, either),
      signal,
    );
    await holder.query('commit');
    return { copyMs, sequences, needs, ...expected };
  } finally {
    await holder.end();
  }
}

async function runDump(request: DumpRequest, snapshot: string, signal: AbortSignal): Promise<number> {
  const { tools, location, database, directory, prefix, compression, jobs, output } = request;
  const args = [
    '-Fd',
    '-f',
    join(directory, prefix),
    '-j',
    String(jobs),
    ...compression.args,
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${queuedMs}`,
    '-w',
    '-v',
  ];
  const { durationMs } = await runTool(tools, 'pg_dump', args, {
    location: { ...location, database },
    cwd: directory,
    signal,
    ...(output === undefined ? {} : { onOutput: output }),
  });
  return Math.round(durationMs);
}

/** Its own limit for locks is one for statements. Its workers do not wait at all: whoever queues up for a table while a dump runs makes it fail. */
function isCrowdedOut(failure: unknown): failure is Failure {
  return (
    failure instanceof Failure &&
    failure.reason === 'exit-code' &&
    /(lock|statement) timeout|could not obtain lock/i.test(failure.message)
  );
}

function crowdedOut(database: string, cause: Failure): Failure {
  return new Failure(
    'unavailable',
    `tables of ${database} were wanted by somebody else during each of ${attempts} attempts: ${cause.message}`,
    {
      hint: 'Alter tables at another time than that of the backup; see `select * from pg_locks where not granted`.',
      cause,
    },
  );
}

/**
 * In the session that has the locks: any other would wait behind whoever waits for them, and both for ever.
 */
async function expectationOf(
  { content: wanted }: DumpRequest,
  holder: Session,
  signal: AbortSignal,
): Promise<Pick<DumpedDatabase, 'content' | 'structure' | 'expectationMs'>> {
  const startedAt = performance.now();
  const structure = await structureInTransaction(holder);
  const tables = await dumpedTables(holder);
  const hashed = wanted === 'exact' ? tables : [];
  const hashes = await hashBeside([holder], hashed, { signal, method: 'text' });
  const notRead = tables.filter((one) => !hashed.includes(one));
  const content = {
    tables: hashed.map(({ table }) => hashes.get(table) ?? { table, rows: 0, hash: '0' }),
    uncovered: [
      ...notRead.map(({ table }) => ({ table, why: 'no content was to be read' })),
      ...(await tablesOfExtensions(holder)),
    ],
  };
  return { content, structure, expectationMs: Math.round(performance.now() - startedAt) };
}
