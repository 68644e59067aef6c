import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../base/index.js';
import { connectTo, type PostgresTools, type Session } from '../../postgres/index.js';
import type { LocalStore } from '../../store/index.js';
import { runBaseBackup, serverCompression } from './base-backup.js';
import { structureFileName, type StructureFile } from '../expectation/structure-shape.js';
import { makeSet, type FilledSet, type NewSet } from '../set/make-set.js';
import { manifestFormat, type PhysicalManifest } from '../set/manifest.js';
import { requireRoom } from '../set/require-room.js';
import { readServerFacts } from '../expectation/server-facts.js';
import type { Signer } from '../set/signing.js';
import { hashArchives } from './hash-archives.js';
import { copyAndExpect, type CopyRequest } from './copy-and-expect.js';
import { lossesOfPhysical } from './physical-losses.js';
import { summarise } from '../expectation/structure.js';
import { waitForWal } from '../wal/wait-for-wal.js';

export interface BackupRequest extends CopyRequest {
  readonly tools: PostgresTools;
  readonly store: LocalStore;
  readonly kind: 'physical';
  /** For whom: the policy’s or the environment’s name. */
  readonly source: string;
  /** Where the receiver writes: a set is complete once the WAL that it needs lies there. */
  readonly walDirectory: string;
  readonly signer: Signer;
  /** age recipients the files are encrypted for; none: not encrypted. */
  readonly recipients?: readonly string[];
}

/** Takes one physical backup set of a primary: base backup, structure, content, and the WAL between them at the second place. */
export async function takeBackup(
  request: BackupRequest,
): Promise<{ readonly manifest: PhysicalManifest; readonly directory: string }> {
  const session = await connectTo(request.location, { applicationName: 'firedrill backup' });
  try {
    await requireRoom(request.store.directory, await sizeOf(session), 'backup');
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
  const { tools, location, output, progress } = request;
  const facts = await readServerFacts(session, tools);
  const compression = await serverCompression(tools, session);
  progress?.({ stage: 'copying' });
  const copy = async (signal: AbortSignal) =>
    runBaseBackup({
      ...{ tools, location, directory: set.directory, compression, label: set.id },
      ...{ signal, output, progress },
    });
  const primary = { session, systemIdentifier: facts.systemIdentifier };
  const expected = await copyAndExpect(request, primary, async (signal) => {
    // What is encrypted afterwards is hashed then.
    if ((request.recipients ?? []).length > 0) return { ...(await copy(signal)), hashed: [] };
    const { result, hashed } = await hashArchives(set.directory, async () => copy(signal), signal);
    return { ...result, hashed };
  });
  const { copied: base, structure: detail, expectationLsn } = expected;
  const file: StructureFile = detail;
  await writeFile(join(set.directory, structureFileName), canonicalJson(file), { flag: 'wx' });
  progress?.({ stage: 'hashing, and waiting for WAL' });
  let losses: readonly string[] = [];
  const { now: serverStarted, ...server } = facts;
  return {
    hashed: base.hashed,
    beside: async (either) => {
      losses = await lossesOfPhysical(location);
      await waitForWal(
        session,
        {
          directory: request.walDirectory,
          timeline: base.timeline,
          fromLsn: base.startLsn,
          toLsn: expectationLsn,
          segmentBytes: facts.walSegmentBytes,
          systemIdentifier: facts.systemIdentifier,
        },
        either,
      );
    },
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
          expectationLsn,
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
          ...expected.content,
          structure: summarise(detail.databases),
          structureExact: expected.structureExact,
        },
        losses,
      };
    },
  };
}

/** What compression saves is not known before. */
async function sizeOf(session: Session): Promise<number> {
  const [row] = await session.query('select sum(pg_database_size(oid))::text as bytes from pg_database');
  return Number(row?.['bytes'] ?? 0);
}
