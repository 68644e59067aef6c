import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, isJsonObject } from '../../base/index.js';
import { writeDurably } from '../durable-file.js';
import type { LabPaths } from '../paths.js';
import type { DoorName } from './doors.js';

export interface Fence {
  /** Counts fences: whoever holds an older one has been overtaken. */
  readonly epoch: number;
  readonly at: string;
  readonly why: string;
}

/** What the lab's network lets through. It lies outside both regions, so it acts whatever has become of them. */
export interface NetworkRules {
  readonly v: 1;
  /** Grows with every change, so that the network can say which it has heard of. */
  readonly version: number;
  /** The last epoch that was ever used. */
  readonly epoch: number;
  readonly fence: Fence | null;
  /** Doors through which nothing passes, in either direction, and nobody is told. */
  readonly cut: readonly DoorName[];
}

const open: NetworkRules = { v: 1, version: 1, epoch: 0, fence: null, cut: [] };
const stateFile = (paths: LabPaths) => join(paths.processes, 'network-state.json');

/** A network without rules lets everything through; rules that cannot be read do not. */
export function readRules(paths: LabPaths): NetworkRules {
  if (!existsSync(paths.network)) return open;
  const value: unknown = JSON.parse(readFileSync(paths.network, 'utf8'));
  if (!isJsonObject(value) || value['v'] !== 1 || !Array.isArray(value['cut']))
    throw new Failure('unavailable', `${paths.network} holds no rules of a network`);
  return value as unknown as NetworkRules;
}

/** Changes the rules, durably, and waits until the network has carried them out. Rejects with `timeout` after 10 s. */
export async function changeRules(
  paths: LabPaths,
  change: (rules: NetworkRules) => NetworkRules,
): Promise<NetworkRules> {
  const before = readRules(paths);
  const after = { ...change(before), version: before.version + 1 };
  writeDurably(paths.network, `${JSON.stringify(after, null, 2)}\n`);
  for (const deadline = performance.now() + 10_000; ;) {
    if (readHeard(paths) >= after.version) return after;
    if (performance.now() > deadline)
      throw new Failure('timeout', 'the lab’s network did not carry out its new rules within 10 s', {
        hint: `Read its log: \`tail ${join(paths.logs, 'network.log')}\`.`,
      });
    await delay(20);
  }
}

/** Said by the network itself, after it has acted. */
export function noteHeard(paths: LabPaths, version: number): void {
  writeDurably(stateFile(paths), JSON.stringify({ v: 1, version }));
}

function readHeard(paths: LabPaths): number {
  try {
    const value: unknown = JSON.parse(readFileSync(stateFile(paths), 'utf8'));
    return isJsonObject(value) && typeof value['version'] === 'number' ? value['version'] : 0;
  } catch {
    return 0;
  }
}
