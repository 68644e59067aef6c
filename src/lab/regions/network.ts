import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { endProcess, isAlive, startDetached } from '../../children/index.js';
import { freePort, type ClusterLocation } from '../../postgres/index.js';
import { programPath } from '../../sentinel/index.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';
import { findLabProcess } from '../process-note.js';
import type { Doors } from './doors.js';

/** What the network's process is told, in one file. */
export interface NetworkConfig {
  readonly v: 1;
  readonly labDirectory: string;
  readonly doors: Doors;
  /** Where region A's database listens. */
  readonly targetPort: number;
  readonly heartbeatLimitMs: number;
}

const startTimeoutMs = 15_000;

/** Puts a network before region A's database: from now on clients and region B reach it through a port each. */
export async function openNetwork(lab: Lab, primary: ClusterLocation): Promise<Doors> {
  const doors: Doors = { clients: await freePort(), link: await freePort(), third: await freePort() };
  lab.update((state) => ({ ...state, doors }));
  const { heartbeatLimitMs } = lab.state();
  const config: NetworkConfig = {
    ...{ v: 1, labDirectory: lab.directory, doors },
    ...{ targetPort: primary.port, heartbeatLimitMs },
  };
  const file = join(lab.paths.processes, 'network-config.json');
  writeDurably(file, JSON.stringify(config, null, 2));
  const logFile = join(lab.paths.logs, 'network.log');
  const child = await startDetached({
    file: process.execPath,
    args: [programPath('lab/regions/network-main.js'), file],
    cwd: '/',
    logFile,
  });
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    await delay(20);
    if (findLabProcess(lab.paths, 'network') !== null) return doors;
    if (!isAlive(child)) break;
  }
  if (isAlive(child)) await endProcess(child);
  throw new Failure('unavailable', 'the lab’s network did not start', {
    hint: `Read its log: \`tail ${logFile}\`.`,
  });
}
