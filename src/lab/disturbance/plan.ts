import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, isJsonObject } from '../../base/index.js';
import { isAlive, type ProcessIdentity } from '../../children/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import type { LabPaths } from '../paths.js';

/** A client that misbehaves: what it says to the server, and what it never says. */
export interface DisturbingClient {
  /** Its application name, by which people will know it. */
  readonly application: string;
  readonly who: 'application' | 'administrator';
  /** Sent one after the other, each answered before the next. */
  readonly statements: readonly string[];
  /** Sent last, and not waited for; when it is answered the client leaves. Null: the client stays and says nothing. */
  readonly last: string | null;
  /** `until-refused`: more and more of it, until the server has no slot left, and again whenever one is free. */
  readonly times: 1 | 'until-refused';
}

export interface DisturbancePlan {
  readonly v: 1;
  readonly location: ClusterLocation;
  readonly clients: readonly DisturbingClient[];
}

/** What the process says once all its clients are at work. */
export interface DisturbanceNote {
  readonly process: ProcessIdentity;
  readonly sessions: readonly { readonly application: string; readonly pid: number }[];
  /** When the server first refused a client, and how; only for clients that go on until then. */
  readonly refused: { readonly at: string; readonly message: string } | null;
}

export const planFile = (paths: LabPaths, fault: string) => join(paths.faults, `${fault}.clients.json`);
export const noteFile = (paths: LabPaths, fault: string) => join(paths.faults, `${fault}.running.json`);

export function readPlan(paths: LabPaths, fault: string): DisturbancePlan {
  const file = planFile(paths, fault);
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value) || value['v'] !== 1) throw new Failure('invalid', `${file} is no plan of clients`);
  return value as unknown as DisturbancePlan;
}

/** Null until the process that lives has said so. */
export function readNote(paths: LabPaths, fault: string): DisturbanceNote | null {
  try {
    const value: unknown = JSON.parse(readFileSync(noteFile(paths, fault), 'utf8'));
    if (!isJsonObject(value)) return null;
    const note = value as unknown as DisturbanceNote;
    return isAlive(note.process) ? note : null;
  } catch {
    return null;
  }
}
