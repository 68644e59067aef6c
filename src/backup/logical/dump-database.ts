import { join } from 'node:path';
import { bothOrNeither, Failure } from '../../base/index.js';
import {
  connectTo,
  quoteLiteral,
  runTool,
  textColumn,
  type ClusterLocation,
  type PostgresTools,
} from '../../postgres/index.js';
import type { DatabaseExpectation } from '../expectation/expectation.js';
import { hashBeside } from '../expectation/hash-beside.js';
import type { SequenceValues } from '../expectation/sequence-values.js';
import { readDatabaseStructure } from '../expectation/structure.js';
import type { Structure } from '../expectation/structure-shape.js';
import type { DumpCompression } from './dump-options.js';
import { dumpedTables, tablesOfExtensions } from './dumped-tables.js';

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
  readonly signal: AbortSignal | undefined;
  readonly output: ((text: string | Uint8Array) => void) | undefined;
}

export interface DumpedDatabase {
  readonly content: DatabaseExpectation;
  readonly structure: Structure;
  readonly sequences: SequenceValues;
  readonly copyMs: number;
  readonly expectationMs: number;
}

/** Nobody waits for a table that is altered for hours. */
const lockWaitMs = 60_000;

/**
 * Dumps one database and reads, in the very same snapshot and beside the dump, how many rows each table has, their hash, and
 * the structure. Rejects with `exit-code`, and leaves what was written to the caller.
 */
export async function dumpDatabase(request: DumpRequest): Promise<DumpedDatabase> {
  const { location, database, signal } = request;
  const holder = await connectTo(location, {
    database,
    applicationName: 'firedrill snapshot',
    readOnly: true,
  });
  try {
    return await holder.transaction(
      async (inside) => {
        const [row] = await inside.query('select pg_export_snapshot() as snapshot');
        const snapshot = textColumn(row, 'snapshot');
        const [copyMs, expected] = await bothOrNeither(
          async (either) => runDump(request, snapshot, either),
          async (either) => expectationOf(request, snapshot, either),
          signal,
        );
        return { copyMs, ...expected };
      },
      { readOnly: true, repeatableRead: true },
    );
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
    `--lock-wait-timeout=${lockWaitMs}`,
    '-w',
    '-v',
  ];
  const { durationMs } = await runTool(tools, 'pg_dump', args, {
    location: { ...location, database },
    cwd: directory,
    signal,
    ...(output === undefined ? {} : { onOutput: output }),
  }).catch((failure: unknown) => {
    throw explain(failure, database);
  });
  return Math.round(durationMs);
}

function explain(failure: unknown, database: string): unknown {
  if (!(failure instanceof Failure) || failure.reason !== 'exit-code') return failure;
  if (!/lock timeout|could not obtain lock/i.test(failure.message)) return failure;
  return new Failure(
    'unavailable',
    `a table of ${database} stayed locked for ${lockWaitMs / 1000} s: ${failure.message}`,
    {
      hint: "Wait until it is altered, or see who holds it: `select * from pg_locks where mode = 'AccessExclusiveLock'`.",
    },
  );
}

async function expectationOf(
  { location, database, content: wanted }: DumpRequest,
  snapshot: string,
  signal: AbortSignal,
): Promise<Omit<DumpedDatabase, 'copyMs'>> {
  const startedAt = performance.now();
  const session = await connectTo(location, {
    database,
    applicationName: 'firedrill expectation',
    readOnly: true,
  });
  try {
    await session.query(
      `begin isolation level repeatable read read only; set transaction snapshot ${quoteLiteral(snapshot)}`,
    );
    const tables = await dumpedTables(session);
    const hashed = wanted === 'exact' ? tables : [];
    const hashes = await hashBeside([session], hashed, { signal, method: 'text' });
    const notRead = tables.filter((one) => !hashed.includes(one));
    const content = {
      tables: hashed.map(({ table }) => hashes.get(table) ?? { table, rows: 0, hash: '0' }),
      uncovered: [
        ...notRead.map(({ table }) => ({ table, why: 'no content was to be read' })),
        ...(await tablesOfExtensions(session)),
      ],
    };
    const { structure, sequences } = await readDatabaseStructure(location, database, snapshot);
    return { content, structure, sequences, expectationMs: Math.round(performance.now() - startedAt) };
  } finally {
    await session.end();
  }
}
