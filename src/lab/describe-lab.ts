import { clusterState } from '../postgres/index.js';
import { findSentinel } from '../sentinel/index.js';
import { readLabState, type LabState } from './lab-state.js';
import { labPaths } from './paths.js';
import { findLabProcess } from './process-note.js';

export interface LabFacts {
  readonly directory: string;
  readonly id: string;
  readonly phase: LabState['phase'];
  readonly createdAt: string;
  readonly clusters: readonly {
    readonly name: string;
    readonly port: number;
    readonly state: string;
    readonly dataDirectory: string;
  }[];
  readonly application: 'running' | 'stopped';
  readonly sentinel: 'running' | 'stopped';
}

/** What there is of a lab and what runs in it; null when the folder holds none. Changes nothing, not even its heartbeat. */
export async function describeLab(directory: string): Promise<LabFacts | null> {
  const paths = labPaths(directory);
  const state = readLabState(paths);
  if (state === null) return null;
  const named = Object.entries(state.names);
  const clusters = await Promise.all(
    state.clusters.map(async ({ location }) => ({
      name: named.find(([, place]) => place === location.dataDirectory)?.[0] ?? 'former',
      port: location.port,
      state: await clusterState(location),
      dataDirectory: location.dataDirectory,
    })),
  );
  return {
    directory,
    id: state.id,
    phase: state.phase,
    createdAt: state.createdAt,
    clusters,
    application: findLabProcess(paths, 'application') === null ? 'stopped' : 'running',
    sentinel: findSentinel(paths.sentinel) === null ? 'stopped' : 'running',
  };
}
