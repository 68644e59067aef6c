import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../base/index.js';
import { isAlive, processIdentity, type ProcessIdentity } from '../children/index.js';
import { writeDurably } from './durable-file.js';
import type { LabPaths } from './paths.js';

/** A fault whose sessions must outlive the engine has a process that holds them. */
export type Disturbance = `disturbance-${string}`;
export type LabProcess = 'application' | 'watchdog' | 'network' | 'shipper' | 'slow-store' | Disturbance;

const noteFile = (paths: LabPaths, what: LabProcess) => join(paths.processes, `${what}.json`);

/** Each process of the lab notes itself, so that an engine killed right after starting it still leaves a trace of it. */
export function noteOwnProcess(paths: LabPaths, what: LabProcess): void {
  const own = processIdentity(process.pid);
  if (own !== null) writeDurably(noteFile(paths, what), JSON.stringify(own));
}

/** The process that lives under this name; null when none does. */
export function findLabProcess(paths: LabPaths, what: LabProcess): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(noteFile(paths, what), 'utf8'));
    if (!isJsonObject(value)) return null;
    const identity = value as unknown as ProcessIdentity;
    return isAlive(identity) ? identity : null;
  } catch {
    return null;
  }
}

export function forgetLabProcess(paths: LabPaths, what: LabProcess): void {
  rmSync(noteFile(paths, what), { force: true });
}

/** The faults whose sessions are held by a process, alive or not. */
export function notedDisturbances(paths: LabPaths): readonly Disturbance[] {
  let names: string[] = [];
  try {
    names = readdirSync(paths.processes);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const fault = /^disturbance-(.+)\.json$/.exec(name)?.[1];
    return fault === undefined ? [] : [`disturbance-${fault}` as const];
  });
}
