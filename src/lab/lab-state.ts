import { readFileSync } from 'node:fs';
import { Failure, isJsonObject } from '../base/index.js';
import type { ProcessIdentity } from '../children/index.js';
import type { ClusterLocation, Fingerprint } from '../postgres/index.js';
import { writeDurably } from './durable-file.js';
import type { ImmutableState } from './immutable/immutable-state.js';
import type { LabPaths } from './paths.js';
import type { SeedState } from './seed/seed.js';
import type { Doors } from './regions/doors.js';

export const labClusterNames = ['primary', 'standby', 'replacement', 'side', 'set-aside', 'scratch'] as const;
export type LabClusterName = (typeof labClusterNames)[number];

/** What the lab remembers of one cluster, to know it again before anything is done to it. */
export interface ClusterRecord {
  readonly location: ClusterLocation;
  /** Of the data directory; null while there is none. */
  readonly inode: number | null;
  /** As last recorded while the server ran; null when it has not run yet. */
  readonly fingerprint: Fingerprint | null;
  readonly postmaster: ProcessIdentity | null;
}

/** `lab.json`: all that an engine needs to find the lab again after it was killed, and to remove every trace of it. */
export interface LabState {
  readonly v: 1;
  readonly id: string;
  readonly phase: 'making' | 'ready' | 'removing';
  readonly createdAt: string;
  readonly scale: number;
  readonly heartbeatLimitMs: number;
  readonly applicationPort: number;
  /** Folder that stands for the application's machine; absent before there is one. It may be gone. */
  readonly applicationHost?: string;
  /** The ports of its network, where it has two regions; absent: it has one. */
  readonly doors?: Doors;
  /** Outside the lab's folder, because a socket's path must be short; noted here before they are made. */
  readonly socketDirectories: readonly string[];
  /** SHA-256 of the token of each cluster folder, by the folder's path. */
  readonly tokens: { readonly [folder: string]: string };
  readonly clusters: readonly ClusterRecord[];
  /** For a lab with the organisation's own data; absent: the sample database. */
  readonly seed?: SeedState;
  /** Which data directory a name stands for. */
  readonly names: { readonly [name in LabClusterName]?: string };
  /** The copy outside that nobody can remove; absent where the lab has none. */
  readonly immutable?: ImmutableState;
  /** While clients are sent nowhere: where they were sent before. */
  readonly closedAt?: ClusterLocation;
}

/** Null when there is no lab in that folder. */
export function readLabState(paths: LabPaths): LabState | null {
  let text: string;
  try {
    text = readFileSync(paths.state, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isJsonObject(value) || value['v'] !== 1 || !Array.isArray(value['clusters'])) {
    throw new Failure('refused', `${paths.state} is not a lab's state`, {
      hint: 'If nothing of that lab runs any more, remove its folder by hand.',
    });
  }
  return value as unknown as LabState;
}

export function writeLabState(paths: LabPaths, state: LabState): void {
  writeDurably(paths.state, `${JSON.stringify(state, null, 2)}\n`);
}
