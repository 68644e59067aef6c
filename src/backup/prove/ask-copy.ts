import { join } from 'node:path';
import { stopCluster, type ClusterLocation, type Session } from '../../postgres/index.js';
import type { Harm } from '../../damage/index.js';
import { attempt } from '../verify/attempt.js';
import { checkPages, checkStructure } from '../verify/check-structure.js';
import { checkUsable } from '../verify/check-usable.js';
import { compareComplete } from '../verify/compare-complete.js';
import { compareContent } from '../verify/compare-content.js';
import { inside, insideEach } from '../verify/inside.js';
import type { Restored } from '../verify/restored.js';
import { notRun, together, type Outcome, type TestNumber } from '../verify/verification.js';
import { copyCluster, removeCopy, startCopy } from './copy-cluster.js';
import type { ProofGround } from './proof-ground.js';

/** A copy of the restored cluster, running, to be hurt. */
export interface ClusterCopy extends Restored {
  readonly allowedRoot: string;
  /** What the tests expect of the content: tables by database. */
  readonly tables: readonly {
    readonly database: string;
    readonly table: string;
    readonly growing: boolean;
  }[];
  /** In each database that takes connections, until one gives something. */
  readonly anywhere: <T>(work: (session: Session) => Promise<T | null>) => Promise<T | null>;
  /** Stops the server for the work, and starts it again. */
  readonly offline: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Canaries of the proof's own: how old those of the set are depends on the day, and not on the test. */
export const ownCanary = { table: 'public.firedrill_proof_canary', timeColumn: 'at' };
const usualRpoMs = 3_600_000;
export const rpoOf = (ground: ProofGround): number => ground.request.freshness?.rpoMs ?? usualRpoMs;

/** Makes a fresh copy, does the harm, asks the test, removes the copy. Null instead of harm: there was nothing to hurt. */
export async function askCopy<H extends Harm | null>(
  ground: ProofGround,
  n: TestNumber,
  hurt: (copy: ClusterCopy) => Promise<H>,
): Promise<[Outcome, H]> {
  const { request, clean, clustersRoot, opened } = ground;
  const { tools, signal } = request;
  const location: ClusterLocation = {
    ...clean,
    dataDirectory: join(clustersRoot, 'copy'),
    socketDirectory: join(clustersRoot, 'run'),
  };
  const restored = { tools, location, set: opened, signal };
  try {
    await copyCluster(clean, location, signal);
    await startCopy(tools, location);
    if (n === 8) await makeCanary(location);
    const harm = await hurt({
      ...{ ...restored, allowedRoot: clustersRoot, tables: expectedTables(ground) },
      anywhere: async (work) => anywhere(location, work),
      offline: async (work) => {
        await stopCluster(tools, location, 'fast');
        const done = await work();
        await startCopy(tools, location);
        return done;
      },
    });
    return [harm === null ? notRun('nothing to hurt') : await ask(ground, n, restored), harm];
  } finally {
    await removeCopy(location);
  }
}

async function ask(ground: ProofGround, n: TestNumber, restored: Restored): Promise<Outcome> {
  const { location, set, tools, signal } = restored;
  switch (n) {
    case 4:
      return attempt(async () => compareComplete(restored));
    case 6:
      return attempt(async () => compareContent(location, set.manifest, signal));
    case 7: {
      const running = await attempt(async () => checkStructure(restored));
      await stopCluster(tools, location, 'fast');
      return together([running, await attempt(async () => checkPages(restored))]);
    }
    default:
      return attempt(async () =>
        checkUsable({
          ...{ location, smoke: ground.request.smoke, restoreMs: 0, snapshotAt: null },
          freshness: { ...ownCanary, rpoMs: rpoOf(ground) },
        }),
      );
  }
}

async function makeCanary(location: ClusterLocation): Promise<void> {
  await inside(location, location.database, async (session) =>
    session.query(
      `create table ${ownCanary.table}(at timestamptz not null); insert into ${ownCanary.table} values (clock_timestamp())`,
    ),
  );
}

async function anywhere<T>(
  location: ClusterLocation,
  work: (session: Session) => Promise<T | null>,
): Promise<T | null> {
  let found: T | null = null;
  await insideEach(location, async (session) => {
    found ??= await work(session);
  });
  return found;
}

/** Those that never grow first, the largest first: in them a change of any row shows. */
function expectedTables(ground: ProofGround): ClusterCopy['tables'] {
  return Object.entries(ground.opened.manifest.expectation.databases)
    .flatMap(([database, { tables }]) =>
      tables
        .filter(({ rows }) => rows > 0)
        .map(({ table, rows, upTo }) => ({ database, table, rows, growing: upTo !== undefined })),
    )
    .sort((a, b) => Number(a.growing) - Number(b.growing) || b.rows - a.rows);
}
