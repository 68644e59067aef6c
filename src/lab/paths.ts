import { join } from 'node:path';

/** Where everything of one lab lies. All of it is below the lab's folder but the socket directories; those `lab.json` lists. */
export interface LabPaths {
  readonly directory: string;
  readonly state: string;
  /** Touched by the engine while it lives. */
  readonly heartbeat: string;
  /** One folder a cluster, with its data directory and, beside it, its token. */
  readonly clusters: string;
  /** One folder a machine of the application. */
  readonly hosts: string;
  readonly traffic: string;
  readonly backups: string;
  /** The second region's own store, where there are two. */
  readonly backupsB: string;
  /** The log that is received: the second place, in a lab of two regions a folder of region B. */
  readonly wal: string;
  /** What is fetched while a lab is seeded; gone once it is. */
  readonly seed: string;
  /** What the lab's network lets through between the regions, where there are two; kept outside both. */
  readonly network: string;
  readonly logs: string;
  readonly outbox: string;
  readonly secrets: string;
  /** What plays the places that are not the database's host: where keys and credentials lie that it must not have. */
  readonly outside: string;
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
    hosts: at('hosts'),
    traffic: at('traffic.json'),
    backups: at('backups'),
    backupsB: at('backups-b'),
    wal: at('wal'),
    seed: at('seed'),
    network: at('network.json'),
    logs: at('logs'),
    outbox: at('outbox'),
    secrets: at('secrets'),
    outside: at('outside'),
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
