import { join } from 'node:path';

/** Where everything of one lab lies. All of it is below the lab's folder but the socket directories; those `lab.json` lists. */
export interface LabPaths {
  readonly directory: string;
  readonly state: string;
  /** Touched by the engine while it lives. */
  readonly heartbeat: string;
  /** One folder a cluster, with its data directory and, beside it, its token. */
  readonly clusters: string;
  readonly traffic: string;
  readonly backups: string;
  readonly wal: string;
  readonly logs: string;
  readonly outbox: string;
  readonly secrets: string;
  /** Notes of the processes that live for the lab. */
  readonly processes: string;
  readonly sentinel: string;
  readonly faults: string;
  readonly loadLog: string;
  /** How long the canary queries took when the lab came up. */
  readonly latencyBaseline: string;
}

export function labPaths(directory: string): LabPaths {
  const at = (name: string) => join(directory, name);
  return {
    directory,
    state: at('lab.json'),
    heartbeat: at('heartbeat'),
    clusters: at('clusters'),
    traffic: at('traffic.json'),
    backups: at('backups'),
    wal: at('wal'),
    logs: at('logs'),
    outbox: at('outbox'),
    secrets: at('secrets'),
    processes: at('processes'),
    sentinel: at('sentinel'),
    faults: at('faults'),
    loadLog: at('load.jsonl'),
    latencyBaseline: at('latency-baseline.json'),
  };
}

/** Passfiles by whose they are. */
export function passfileOf(paths: LabPaths, who: 'admin' | 'application' | 'sentinel'): string {
  return join(paths.secrets, `${who}.pass`);
}
