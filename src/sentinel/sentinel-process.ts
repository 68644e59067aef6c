import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../base/index.js';
import { endProcess, isAlive, startDetached } from '../children/index.js';
import { readClaim, type SentinelNote } from './claim.js';
import type { SentinelConfig } from './config.js';
import { programPath } from './program-path.js';
import { readLedger, readLedgerText } from './read-ledger.js';

export type SentinelOptions = Omit<SentinelConfig, 'v'>;

/** Starts the observer, or finds the one that lives there. Resolves once it has opened its ledger. */
export async function startSentinel(options: SentinelOptions): Promise<SentinelNote> {
  const found = findSentinel(options.stateDirectory);
  if (found !== null) return found;
  mkdirSync(options.stateDirectory, { recursive: true });
  mkdirSync(options.recordDirectory, { recursive: true });
  const config: SentinelConfig = { v: 1, ...options };
  const file = join(options.stateDirectory, 'sentinel-config.json');
  writeFileSync(`${file}.new`, JSON.stringify(config, null, 2));
  renameSync(`${file}.new`, file);
  const logFile = join(options.stateDirectory, 'sentinel.log');
  const child = await startDetached({
    file: process.execPath,
    args: [programPath('sentinel/main.js'), file],
    cwd: '/',
    logFile,
  });
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    await delay(20);
    const note = findSentinel(options.stateDirectory);
    if (note !== null && (await hasOpened(note))) return note;
    if (!isAlive(child)) break;
  }
  if (isAlive(child)) await endProcess(child);
  throw new Failure('unavailable', 'the sentinel did not start', {
    hint: `Read its log: \`tail ${logFile}\`.`,
  });
}

async function hasOpened(note: SentinelNote): Promise<boolean> {
  const { lines } = readLedger(await readLedgerText(note.ledger));
  return lines.some((line) => line.kind === 'opened' && line.pid === note.process.pid);
}

/** The sentinel that lives there, whoever started it; null when none does. */
export function findSentinel(stateDirectory: string): SentinelNote | null {
  return readClaim(stateDirectory);
}

/** Asks it to close its ledger and waits until it is gone; false when none lived. */
export async function stopSentinel(stateDirectory: string): Promise<boolean> {
  const note = readClaim(stateDirectory);
  if (note === null) return false;
  await endProcess(note.process, { graceMs: 5000 });
  return true;
}
