import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../base/index.js';
import { isAlive, processIdentity, type ProcessIdentity } from '../children/index.js';

/** What a live sentinel says about itself, in `sentinel.json` of its state directory. */
export interface SentinelNote {
  readonly process: ProcessIdentity;
  readonly ledger: string;
  readonly resolutionMs: number;
}

const noteFile = (stateDirectory: string) => join(stateDirectory, 'sentinel.json');

/** The sentinel that lives there, or null. A note that a dead one left counts as none. */
export function readClaim(stateDirectory: string): SentinelNote | null {
  try {
    const value: unknown = JSON.parse(readFileSync(noteFile(stateDirectory), 'utf8'));
    if (!isJsonObject(value) || !isJsonObject(value['process'])) return null;
    const note = value as unknown as SentinelNote;
    return isAlive(note.process) ? note : null;
  } catch {
    return null;
  }
}

/** Takes the state directory for this process; false when another live sentinel has it. Makes the note appear whole. */
export function claim(stateDirectory: string, ledger: string, resolutionMs: number): boolean {
  const own = processIdentity(process.pid);
  if (own === null) return false;
  const fresh = `${noteFile(stateDirectory)}.${own.pid}`;
  const note: SentinelNote = { process: own, ledger, resolutionMs };
  writeFileSync(fresh, JSON.stringify(note));
  try {
    if (link(fresh, noteFile(stateDirectory))) return true;
    if (readClaim(stateDirectory) !== null) return false;
    rmSync(noteFile(stateDirectory), { force: true });
    return link(fresh, noteFile(stateDirectory));
  } finally {
    rmSync(fresh, { force: true });
  }
}

export function releaseClaim(stateDirectory: string): void {
  if (readClaim(stateDirectory)?.process.pid === process.pid)
    rmSync(noteFile(stateDirectory), { force: true });
}

/** Unlike a rename, a link fails when the name is taken: only one of two that start together gets it. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
