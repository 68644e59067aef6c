import { readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, isJsonObject } from '../../base/index.js';
import type { ProcessIdentity } from '../../children/index.js';
import type { ClusterLocation, Fingerprint } from '../../postgres/index.js';
import { syncFolder } from '../../store/index.js';
import type { ClusterName } from '../environment.js';

export type DeclaredName = ClusterName | 'scratch';

/** What a live run remembers of one cluster, to know it again before anything is done to it. */
export interface DeclaredRecord {
  readonly location: ClusterLocation;
  /** SHA-256 of the token beside the data directory of a place that this run made; null for the declared cluster. */
  readonly token: string | null;
  /** Of the data directory; null while there is none. */
  readonly inode: number | null;
  /** As last recorded while the server answered; null when it has not. */
  readonly fingerprint: Fingerprint | null;
  readonly postmaster: ProcessIdentity | null;
}

/** Durable from the start of the run on: what a resumed run compares with. */
export interface DeclaredState {
  readonly v: 1;
  readonly environment: string;
  readonly openedAt: string;
  readonly clusters: readonly DeclaredRecord[];
  /** Which data directory a name stands for. */
  readonly names: { readonly [name in DeclaredName]?: string };
  /** Data directory of the cluster that clients were sent to last; absent: the declared one. */
  readonly serving?: string;
  /** Set once this run has fenced the declared cluster: from then on its state says nothing about the environment. */
  readonly givenUp?: boolean;
  /** Set once this run has promoted the standby. */
  readonly promoted?: boolean;
  /** SHA-256 of the file with the host's keys to the immutable copy, as it was when they were taken away. */
  readonly revokedKeys?: string;
}

/** The state in its file; every change is on disk when `write` has resolved. */
export interface StateFile {
  readonly file: string;
  /** Throws `unavailable` before the run was opened. */
  read(): DeclaredState;
  write(state: DeclaredState): Promise<void>;
}

export function stateFile(file: string): StateFile {
  return {
    file,
    read: () => {
      const state = readState(file);
      if (state === null) throw new Failure('unavailable', 'the environment was not opened yet');
      return state;
    },
    write: (state) => writeDurably(file, `${JSON.stringify(state, null, 2)}\n`),
  };
}

/** Null when there is none yet; rejects with `refused` when there is something else. */
export function readState(file: string): DeclaredState | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Failure('unavailable', `${file} cannot be read`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isJsonObject(value) && value['v'] === 1 && Array.isArray(value['clusters']))
    return value as unknown as DeclaredState;
  throw new Failure('refused', `${file} is not what a live run wrote`, {
    hint: 'Without it a resumed run cannot know its target again: go on by hand, or begin a new run.',
  });
}

/** Whole and on disk when it resolves, whoever is killed meanwhile; readable by its owner alone. */
export async function writeDurably(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(dirname(file));
}

export function recordAt(state: DeclaredState, dataDirectory: string): DeclaredRecord | undefined {
  return state.clusters.find((one) => one.location.dataDirectory === dataDirectory);
}

/** The record put in, in place of the one of the same data directory. */
export function withRecord(state: DeclaredState, record: DeclaredRecord): DeclaredState {
  const others = state.clusters.filter((one) => one.location.dataDirectory !== record.location.dataDirectory);
  return { ...state, clusters: [...others, record] };
}

export function named(state: DeclaredState, name: DeclaredName): ClusterLocation | null {
  const dataDirectory = state.names[name];
  return dataDirectory === undefined ? null : (recordAt(state, dataDirectory)?.location ?? null);
}
