import { Failure } from '../base/index.js';
import type { ClusterLocation, PostgresTools } from '../postgres/index.js';
import { keepBeating } from './heartbeat.js';
import { readLabState, writeLabState, type LabClusterName, type LabState } from './lab-state.js';
import { labPaths, type LabPaths } from './paths.js';

/** A throw-away environment that this engine made and owns. */
export interface Lab {
  readonly id: string;
  readonly directory: string;
  readonly paths: LabPaths;
  readonly tools: PostgresTools;
  /** As it stands on disk. */
  state(): LabState;
  /** Changes the state; durable when it returns. */
  update(change: (state: LabState) => LabState): void;
  /** Lets go of the lab without removing it: no more signs of life are given. */
  release(): void;
}

/** The handle alone, whatever state the lab is in; gives signs of life until released. */
export function holdLab(directory: string, tools: PostgresTools): Lab {
  const paths = labPaths(directory);
  const stopBeating = keepBeating(paths.heartbeat);
  const state = () => {
    const read = readLabState(paths);
    if (read === null) throw new Failure('unavailable', `there is no lab in ${directory} any more`);
    return read;
  };
  return {
    id: state().id,
    directory,
    paths,
    tools,
    state,
    update: (change) => writeLabState(paths, change(state())),
    release: stopBeating,
  };
}

/** Where a named cluster stands; null while nothing has that name. */
export function namedCluster(lab: Lab, name: LabClusterName): ClusterLocation | null {
  const { names, clusters } = lab.state();
  return clusters.find((record) => record.location.dataDirectory === names[name])?.location ?? null;
}
