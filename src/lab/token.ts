import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../base/index.js';
import { writeDurably } from './durable-file.js';
import type { LabState } from './lab-state.js';

/**
 * A cluster's token lies beside its data directory, never in it: no copy, standby or restore of the cluster brings it along.
 * `lab.json` knows its hash, so that neither file alone is enough.
 */
export function makeToken(folder: string): string {
  const token = randomBytes(32).toString('hex');
  writeDurably(join(folder, 'token'), `${token}\n`, 0o600);
  return sha256Hex(token);
}

/** What is wrong with the token of this data directory, or null. */
export function judgeToken(state: LabState, dataDirectory: string): string | null {
  const folder = dirname(dataDirectory);
  const recorded = state.tokens[folder];
  if (recorded === undefined) return `no token is recorded for ${folder}`;
  const file = join(folder, 'token');
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return `there is no token in ${folder}`;
  return sha256Hex(readFileSync(file, 'utf8').trim()) === recorded
    ? null
    : `the token in ${folder} is not the one this lab put there`;
}
