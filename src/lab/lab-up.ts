import { chmodSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../base/index.js';
import { findTools, freePort, type ClusterLocation, type PostgresTools } from '../postgres/index.js';
import { startApplication } from './application/control.js';
import { deployApplication, makeApplicationHost } from './application/host.js';
import { copyOutside, makeImmutable } from './immutable/make-immutable.js';
import { removeLab } from './lab-down.js';
import { holdLab, type Lab } from './lab.js';
import { recordLabBaseline } from './latency.js';
import { readLabState, writeLabState } from './lab-state.js';
import { makePrimary } from './make-primary.js';
import { labPaths } from './paths.js';
import { backUpLab, labSlot, labTrustedKeys, startLabWal } from './protect.js';
import { regionsOf } from './regions/addresses.js';
import { makeStandby } from './regions/make-standby.js';
import { openNetwork } from './regions/network.js';
import { copyToB } from './regions/region-stores.js';
import { makeSeededPrimary } from './seed/make-seeded-primary.js';
import type { LabSeed, SeedState } from './seed/seed.js';
import { startWatchdog } from './start-watchdog.js';
import { switchTraffic } from './traffic-switch.js';

export interface LabOptions {
  readonly directory: string;
  readonly id: string;
  /** 1: 40,000 bookings, about 10 MB. Below 0.5 the bookings fit into the cache, and pages cannot be damaged. */
  readonly scale?: number;
  /** The organisation's own backups instead of the sample; `scale` is of no use then. */
  readonly seed?: LabSeed;
  readonly tools?: PostgresTools;
  /** How long the engine may be silent before the lab removes itself; 30 minutes unless told. */
  readonly heartbeatLimitMs?: number;
  /** Whether WAL is streamed and a first backup taken before anybody gets the lab; true unless told. */
  readonly protect?: boolean;
  /** 2: a second region, with a standby and a store of its own; 1 unless told. */
  readonly regions?: 1 | 2;
  /** Whether backups are encrypted and copied to where nobody can remove them, where this machine has the programs; false unless told. */
  readonly immutable?: boolean;
  /** Ends the making: the promise rejects with `cancelled`, and what was made is left to `removeLab`, which says what was destroyed. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes the lab, or finds it when it is complete. A half-made one, left by a crash, is removed and made again. */
export async function labUp(options: LabOptions): Promise<Lab> {
  const tools = options.tools ?? (await findTools());
  const directory = prepareDirectory(options.directory);
  const paths = labPaths(directory);
  const found = readLabState(paths);
  if (found?.phase === 'ready' && found.id === options.id) {
    const lab = holdLab(directory, tools);
    await startWatchdog(lab);
    return lab;
  }
  if (found !== null) await removeHalfMade(directory, found.id, options.id);
  return makeLab(prepareDirectory(options.directory), tools, options);
}

async function makeLab(directory: string, tools: PostgresTools, options: LabOptions): Promise<Lab> {
  const paths = labPaths(directory);
  const [stray] = readdirSync(directory);
  if (stray !== undefined) {
    throw new Failure('refused', `${directory} holds ${stray} and is no lab`, {
      hint: 'Give the lab an empty folder of its own.',
    });
  }
  const scale = options.scale ?? 1;
  writeLabState(paths, {
    v: 1,
    id: options.id,
    phase: 'making',
    createdAt: new Date().toISOString(),
    scale,
    heartbeatLimitMs: options.heartbeatLimitMs ?? 30 * 60_000,
    applicationPort: await freePort(),
    socketDirectories: [],
    tokens: {},
    clusters: [],
    ...(options.seed === undefined ? {} : { seed: seedState(options.seed) }),
    names: {},
  });
  for (const folder of [paths.clusters, paths.secrets, paths.backups, paths.wal, paths.logs]) open(folder);
  for (const folder of [paths.outbox, paths.processes, paths.sentinel, paths.faults]) open(folder);
  open(paths.hosts);
  const lab = holdLab(directory, tools);
  const { signal } = options;
  try {
    await startWatchdog(lab);
    const { seed } = options;
    const immutable = options.immutable === true && options.protect !== false;
    // The segments of a log that is shipped every few seconds are small.
    const making =
      seed === undefined
        ? makePrimary(lab, scale, { signal, ...(immutable ? { walSegmentMb: 1 } : {}) })
        : makeSeededPrimary(lab, seed, signal);
    // Side by side, here and below: what still makes something when the other failed could not be cleaned up.
    await bothToTheirEnd(making, immutable ? makeImmutable(lab) : null);
    const primary = await making;
    goOn(signal);
    if (options.regions === 2) await openNetwork(lab, primary);
    switchTraffic(lab, primary);
    await bothToTheirEnd(
      options.regions === 2 ? makeStandby(lab, primary, labSlot, signal) : null,
      options.protect === false ? null : protect(lab, primary, signal),
    );
    goOn(signal);
    makeApplicationHost(lab);
    deployApplication(lab);
    await startApplication(lab);
    await recordLabBaseline(lab);
    lab.update((state) => ({ ...state, phase: 'ready' }));
    return lab;
  } catch (error) {
    lab.release();
    if (signal?.aborted !== true) await removeLab(directory);
    throw error;
  }
}

function seedState({ origin, policy, probe }: LabSeed): SeedState {
  const { user, database } = origin;
  return {
    ...{ user, database, probe, origin: null },
    policy: { ...policy, appendOnly: { ...policy.appendOnly, 'firedrill.canary': 'id' } },
  };
}

/** Whatever becomes of the other; the failure of the first is the one that is told. */
async function bothToTheirEnd<A, B>(
  first: Promise<A> | null,
  second: Promise<B> | null,
): Promise<[A | null, B | null]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** What is being made side by side goes to its end, or is ended by itself; nothing new is begun after a cancellation. */
function goOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('cancelled', 'making the lab was cancelled');
}

async function protect(lab: Lab, primary: ClusterLocation, signal: AbortSignal | undefined): Promise<void> {
  await startLabWal(lab, primary);
  const backup = await backUpLab(lab, primary, signal);
  goOn(signal);
  await copyOutside(lab, backup);
  goOn(signal);
  if (regionsOf(lab) === 2) await copyToB(lab, labTrustedKeys(lab));
}

async function removeHalfMade(directory: string, found: string, wanted: string): Promise<void> {
  if (found !== wanted) {
    throw new Failure('refused', `${directory} holds lab ${found}, not ${wanted}`, {
      hint: 'Remove that one first: `firedrill lab down`.',
    });
  }
  const { leftovers } = await removeLab(directory);
  if (leftovers.length > 0)
    throw new Failure('unavailable', `a half-made lab could not be removed: ${leftovers.join('; ')}`);
}

/** The server's account must be able to pass through; what is secret lies in files that are closed themselves. */
function open(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

/** The real path: a lab compares paths, and a link on the way would make two of one. */
function prepareDirectory(directory: string): string {
  open(resolve(directory));
  return realpathSync(resolve(directory));
}
