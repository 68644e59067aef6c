import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Failure, isJsonObject } from '../../base/index.js';
import { repeat, sayError, silentForMs } from '../../sentinel/index.js';
import { readLabState } from '../lab-state.js';
import { labPaths } from '../paths.js';
import { findLabProcess, forgetLabProcess, noteOwnProcess } from '../process-note.js';
import { openDoor } from './door.js';
import { doorNames } from './doors.js';
import { noteHeard, readRules } from './network-rules.js';
import type { NetworkConfig } from './network.js';

/** The lab's network between its regions, a process of its own in neither: ends on SIGTERM, or when its lab is gone. */
async function runNetwork(config: NetworkConfig): Promise<void> {
  const paths = labPaths(config.labDirectory);
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  process.on('SIGHUP', () => undefined);
  const rules = () => readRules(paths);
  const doors = doorNames.map((name) => ({ name, door: openDoor(name, config.targetPort, rules) }));
  for (const { name, door } of doors) {
    door.server.listen(config.doors[name], '127.0.0.1');
    await once(door.server, 'listening');
  }
  const isOurs = () => readLabState(paths)?.doors?.clients === config.doors.clients;
  let heard = 0;
  const hear = () => {
    const now = rules();
    if (now.version === heard) return;
    for (const { door } of doors) door.apply(now);
    heard = now.version;
    noteHeard(paths, heard);
  };
  hear();
  if (isOurs()) noteOwnProcess(paths, 'network');
  const startedAt = Date.now();
  await repeat(25, ending.signal, async () => {
    if (!isOurs() || silentForMs(paths.heartbeat, startedAt) > config.heartbeatLimitMs) ending.abort();
    else hear();
    return Promise.resolve();
  });
  for (const { door } of doors) door.close();
  if (findLabProcess(paths, 'network')?.pid === process.pid) forgetLabProcess(paths, 'network');
}

function readConfig(file: string): NetworkConfig {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value) || value['v'] !== 1 || typeof value['targetPort'] !== 'number')
    throw new Failure('invalid', `${file} is no configuration of a lab’s network`);
  return value as unknown as NetworkConfig;
}

try {
  await runNetwork(readConfig(process.argv[2] ?? ''));
} catch (error) {
  process.stderr.write(`network: ${sayError(error)}\n`);
  process.exitCode = 1;
}
process.exit();
