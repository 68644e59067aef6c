import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bothOrNeither, canonicalJson, Failure, formatSize } from '../../base/index.js';
import { connectTo, type ClusterLocation, type PostgresTools, type Session } from '../../postgres/index.js';
import { makeDurableFolder, type LocalStore } from '../../store/index.js';
import { runBaseBackup, serverCompression } from './base-backup.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { makeSet, type FilledSet, type NewSet } from '../set/make-set.js';
import { manifestFormat, type PhysicalManifest } from '../set/manifest.js';
import { readServerFacts } from '../expectation/server-facts.js';
import type { Signer } from '../set/signing.js';
import { readSettledStructure } from '../expectation/settled-structure.js';
import { takeContentExpectation, type BackupPolicy } from '../expectation/take-expectation.js';
import { summarise } from '../expectation/structure.js';
import { waitForWal } from '../wal/wait-for-wal.js';

export interface BackupRequest {
  readonly tools: PostgresTools;
  /** The primary. */
  readonly location: ClusterLocation;
  readonly store: LocalStore;
  readonly policy: BackupPolicy;
  readonly kind: 'physical';
  /** For whom: the policy’s or the environment’s name. */
  readonly source: string;
  /** Where the receiver writes: a set is complete once the WAL that it needs lies there. */
  readonly walDirectory: string;
  readonly signer: Signer;
  readonly signal?: AbortSignal;
  readonly output?: (text: string | Uint8Array) => void;
}

/** Takes one physical backup set of a primary: base backup, structure, content, and the WAL between them at the second place. */
export async function takeBackup(
  request: BackupRequest,
): Promise<{ readonly manifest: PhysicalManifest; readonly directory: string }> {
  const session = await connectTo(request.location, { applicationName: 'firedrill backup' });
  try {
    await makeDurableFolder(request.store.directory);
    await requireRoom(session, request.store);
    return await makeSet({ ...request, account: request.location.account }, async (set) =>
      fill(request, session, set),
    );
  } finally {
    await session.end();
  }
}

async function fill(
  request: BackupRequest,
  session: Session,
  set: NewSet,
): Promise<FilledSet<PhysicalManifest>> {
  const { tools, location, policy, signal, output } = request;
  const facts = await readServerFacts(session, tools);
  const compression = await serverCompression(tools, session);
  // The content is read beside the copy: both only read, and the copy waits for its checkpoint first.
  const [base, content] = await bothOrNeither(
    async (either) =>
      runBaseBackup({
        ...{ tools, location, directory: set.directory, compression, label: set.id },
        ...{ signal: either, output },
      }),
    async (either) => takeContentExpectation(location, policy, either),
    signal,
  );
  const structure = await readSettledStructure(location, session);
  const detail: StructureFile = structure.read;
  await writeFile(join(set.directory, structureFileName), canonicalJson(detail), { flag: 'wx' });
  const { now: serverStarted, ...server } = facts;
  return {
    beside: async (either) =>
      waitForWal(
        session,
        {
          directory: request.walDirectory,
          timeline: base.timeline,
          fromLsn: base.startLsn,
          toLsn: structure.lsn,
          segmentBytes: facts.walSegmentBytes,
          systemIdentifier: facts.systemIdentifier,
        },
        either,
      ),
    manifest: async (files, encryption) => {
      const endedAt = new Date();
      return {
        format: manifestFormat,
        id: set.id,
        kind: 'physical',
        source: request.source,
        server: { ...server, timeline: base.timeline },
        wal: {
          startLsn: base.startLsn,
          stopLsn: base.stopLsn,
          timeline: base.timeline,
          expectationLsn: structure.lsn,
        },
        times: {
          engineStarted: set.startedAt.toISOString(),
          engineEnded: endedAt.toISOString(),
          serverStarted,
          serverEnded: (await readServerFacts(session, tools)).now,
          copyMs: base.copyMs,
          totalMs: endedAt.getTime() - set.startedAt.getTime(),
        },
        tools: { pg_basebackup: tools.version },
        compression: base.compression,
        encryption,
        files,
        expectation: {
          ...content,
          structure: summarise(detail.databases),
          structureExact: structure.exact,
        },
        losses: [],
      };
    },
  };
}

/** As much room as the databases take: what compression saves is not known before. */
async function requireRoom(session: Session, store: LocalStore): Promise<void> {
  const [row] = await session.query('select sum(pg_database_size(oid))::text as bytes from pg_database');
  const needed = Number(row?.['bytes'] ?? 0);
  const { bavail, bsize } = await statfs(store.directory);
  if (bavail * bsize >= needed) return;
  throw new Failure(
    'unavailable',
    `no room for a backup in ${store.directory}: ${formatSize(bavail * bsize)} free, ${formatSize(needed)} needed`,
    {
      hint: `Free some space, or choose another store; \`df -h ${store.directory}\` shows it.`,
      retryable: false,
    },
  );
}
