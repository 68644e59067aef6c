import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, isJsonObject } from '../../base/index.js';
import { endProcess, isAlive, startDetached } from '../../children/index.js';
import type { Lab } from '../lab.js';
import { findLabProcess } from '../process-note.js';
import { deployedApplication } from './host.js';
import type { LoadFigures } from './load.js';

const startTimeoutMs = 15_000;

/** Starts the deployed sample application and waits until it answers; nothing to do when it runs. It starts without load. */
export async function startApplication(lab: Lab): Promise<void> {
  if (isApplicationRunning(lab)) return;
  const release = deployedApplication(lab);
  if (release === null)
    throw new Failure('unavailable', 'the application is not deployed to any host', {
      hint: 'Deploy it first.',
    });
  const { applicationPort: port } = lab.state();
  const logFile = join(lab.paths.logs, 'application.log');
  const child = await startDetached({
    file: process.execPath,
    args: [release.program, release.config],
    cwd: '/',
    logFile,
  });
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    await delay(25);
    if (isApplicationRunning(lab)) return;
    if (!isAlive(child)) break;
  }
  if (isAlive(child)) await endProcess(child);
  const hint = `Read its log: \`tail ${logFile}\`.`;
  throw new Failure('unavailable', `the sample application did not start on port ${port}`, { hint });
}

export async function stopApplication(lab: Lab): Promise<void> {
  const found = findLabProcess(lab.paths, 'application');
  if (found !== null) await endProcess(found, { graceMs: 5000 });
}

export function isApplicationRunning(lab: Lab): boolean {
  return findLabProcess(lab.paths, 'application') !== null;
}

/** Sets the built-in load; 0 stops it. Rejects with `unavailable` when the application does not answer. */
export async function setLoad(lab: Lab, writesPerSecond: number): Promise<LoadFigures> {
  return askLoad(lab, { method: 'PUT', body: JSON.stringify({ writesPerSecond }) });
}

export async function loadFigures(lab: Lab): Promise<LoadFigures> {
  return askLoad(lab, { method: 'GET' });
}

async function askLoad(lab: Lab, request: RequestInit): Promise<LoadFigures> {
  const url = `http://127.0.0.1:${lab.state().applicationPort}/load`;
  let answer: unknown;
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(5000) });
    answer = response.ok ? await response.json() : await response.text();
  } catch (cause) {
    throw new Failure('unavailable', `${url} did not answer`, { cause });
  }
  if (!isJsonObject(answer)) throw new Failure('check', `${url} refused: ${String(answer)}`);
  return answer as unknown as LoadFigures;
}
