import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { isAlive, startDetached } from '../../children/index.js';
import type { ClusterLocation } from '../../postgres/index.js';
import { programPath } from '../../sentinel/index.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';
import { findLabProcess } from '../process-note.js';
import {
  planFile,
  readNote,
  type DisturbanceNote,
  type DisturbancePlan,
  type DisturbingClient,
} from './plan.js';

const startTimeoutMs = 30_000;

/**
 * Starts the clients of a fault in a process of the lab, or finds them at work, and waits until all of them are. Rejects with
 * `unavailable` when they do not come to it, `cancelled`.
 */
export async function startDisturbance(
  lab: Lab,
  fault: string,
  location: ClusterLocation,
  clients: readonly DisturbingClient[],
  signal: AbortSignal,
): Promise<DisturbanceNote> {
  const logFile = join(lab.paths.logs, `disturbance-${fault}.log`);
  let started = findLabProcess(lab.paths, `disturbance-${fault}`);
  if (started === null) {
    const plan: DisturbancePlan = { v: 1, location, clients };
    writeDurably(planFile(lab.paths, fault), JSON.stringify(plan, null, 2), 0o600);
    started = await startDetached({
      file: process.execPath,
      args: [programPath('lab/disturbance/main.js'), lab.directory, fault],
      cwd: '/',
      logFile,
    });
  }
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const note = readNote(lab.paths, fault);
    if (note !== null) return note;
    if (signal.aborted) throw new Failure('cancelled', `starting the clients of ${fault} was cancelled`);
    if (!isAlive(started)) break;
    await delay(25);
  }
  throw new Failure('unavailable', `the clients of fault ${fault} did not come to their work`, {
    hint: `Read what they say: \`tail ${logFile}\`.`,
  });
}
