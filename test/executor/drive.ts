import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.js';
import { isAlive, processIdentity } from '../../src/children/process-identity.js';
import { runToEnd, type ExecutorPorts, type RunHandle } from '../../src/executor/index.js';
import { openJournal, readJournal, type FileJournal, type Journal } from '../../src/journal/index.js';
import type { Plan } from '../../src/language/index.js';
import type { Entry, EntryOf, EventType, RunState } from '../../src/run/index.js';
import { paperWorld, type PaperAction, type PaperWorld } from './paper-world.js';

export interface Stage {
  readonly directory: string;
  readonly world: PaperWorld;
  readonly journalFile: string;
  /** Takes the run up, in a new session; `wrap` may stand between the executor and the journal. */
  readonly start: (plan: Plan, options?: StartOptions) => Promise<RunHandle>;
  /** Takes the run up, waits for its end and gives the journal back. */
  readonly run: (plan: Plan, options?: StartOptions) => Promise<RunState>;
  /** Entries as they stand on disk. */
  readonly entries: () => readonly Entry[];
  readonly entriesOf: <T extends EventType>(type: T) => readonly EntryOf<T>[];
}

export interface StartOptions {
  readonly wrap?: (journal: FileJournal) => Journal;
  readonly environment?: Partial<ExecutorPorts['environment']>;
}

export const runId = '2027-01-17T010203Z-paper-k3f9';

/** A folder with a paper world and a file journal in it; whatever still runs at the end is ended. */
export async function onStage<T>(
  use: (stage: Stage) => Promise<T>,
  extra: { [name: string]: PaperAction } = {},
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'firedrill-run-'));
  const world = paperWorld(directory, extra);
  const journalFile = join(directory, 'journal.jsonl');
  const open: Engine[] = [];
  let sessions = 0;
  const start: Stage['start'] = async (plan, options) => {
    await closeAll(open);
    const engine = await takeUp(world, `s${(sessions += 1)}`, plan, options);
    open.push(engine);
    return engine.handle;
  };
  const entries = () => readJournal(readFileSync(journalFile)).entries;
  const stage: Stage = {
    ...{ directory, world, journalFile, start, entries },
    run: async (plan, options) => (await start(plan, options)).done,
    entriesOf: <E extends EventType>(type: E) =>
      entries().filter((entry): entry is EntryOf<E> => entry.type === type),
  };
  try {
    return await use(stage);
  } finally {
    await closeAll(open);
    await rm(directory, { recursive: true, force: true });
  }
}

export interface Engine {
  readonly handle: RunHandle;
  readonly journal: FileJournal;
}

/** One engine that takes the run in the world's folder up. */
export async function takeUp(
  world: PaperWorld,
  session: string,
  plan: Plan,
  { wrap, environment }: StartOptions = {},
): Promise<Engine> {
  const { directory } = world;
  const clock = systemClock();
  const identity = { current: () => processIdentity(process.pid)!, isAlive };
  const file = join(directory, 'journal.jsonl');
  const leaseDirectory = join(directory, 'leases');
  const journal = await openJournal({ file, session, clock, leaseDirectory, runId, identity });
  const { pid, bootId } = identity.current();
  const handle = runToEnd({
    plan,
    runId,
    journal: wrap?.(journal) ?? journal,
    ports: { clock, environment: { ...world.environment, ...environment }, actions: world.actions },
    artefacts: world.artefacts,
    opening: {
      planSha256: '0'.repeat(64),
      tool: { version: '0.1.0', node: process.version },
      host: { name: 'paper', platform: 'linux', user: 'tester' },
      clock: { synchronised: null, source: 'unknown' },
    },
    takeUp: { session, pid, bootId, orphansEnded: [], tornBytes: journal.tornBytes },
    graceMs: 2000,
  });
  handle.done.catch(() => undefined);
  return { handle, journal };
}

async function closeAll(open: Engine[]): Promise<void> {
  for (const { handle, journal } of open.splice(0)) {
    handle.abortNow();
    await handle.done.catch(() => undefined);
    await journal.close();
  }
}

/** Waits until something holds of the run; woken by the run itself. */
export function until(handle: RunHandle, holds: (state: RunState) => boolean): Promise<RunState> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!holds(handle.feed.state())) return;
      stop();
      resolve(handle.feed.state());
    };
    const stop = handle.feed.subscribe(look);
    handle.done.then(
      () => {
        look();
        reject(new Error('the run ended before that'));
      },
      (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
    );
    look();
  });
}

export async function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}
