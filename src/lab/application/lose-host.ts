import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, isJsonObject, type JsonObject } from '../../base/index.js';
import { endProcess, type ProcessIdentity } from '../../children/index.js';
import { liesInside } from '../containment.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';
import { findLabProcess, forgetLabProcess } from '../process-note.js';
import { applicationHost } from './host.js';

/** Which machine was lost, and what ran on it; on disk before either ends, so that doing it again meets no later one. */
interface HostLoss {
  readonly v: 1;
  readonly kind: 'lost-application-host';
  readonly folder: string;
  readonly process: ProcessIdentity | null;
  readonly at: string;
}

/**
 * Ends the application without a word and removes the folder of its host. The truth is kept in `truthFile`: asking again with
 * the same file removes the same host, never the one that was deployed since. Rejects with `refused` for a folder that is no host
 * of this lab.
 */
export async function loseApplicationHost(lab: Lab, truthFile: string): Promise<JsonObject> {
  const loss = readLoss(truthFile) ?? planLoss(lab);
  writeDurably(truthFile, `${JSON.stringify(loss, null, 2)}\n`);
  const { folder, process } = loss;
  if (process !== null) {
    await endProcess(process, { firstSignal: 'SIGKILL' });
    if (findLabProcess(lab.paths, 'application') === null) forgetLabProcess(lab.paths, 'application');
  }
  if (existsSync(folder)) {
    if (dirname(folder) !== lab.paths.hosts || !(await liesInside(lab.directory, folder)))
      throw new Failure('refused', `refused to remove ${folder}: it is no host of this lab`);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return { ...loss, process: process === null ? null : process.pid };
}

function planLoss(lab: Lab): HostLoss {
  const folder = applicationHost(lab);
  if (folder === null) throw new Failure('unavailable', 'the lab has no application host that could be lost');
  const process = findLabProcess(lab.paths, 'application');
  const at = new Date().toISOString();
  return { v: 1, kind: 'lost-application-host', folder, process, at };
}

function readLoss(file: string): HostLoss | null {
  if (!existsSync(file)) return null;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value) || value['kind'] !== 'lost-application-host')
    throw new Failure('refused', `${file} is not the ground truth of a lost application host`);
  return value as unknown as HostLoss;
}
