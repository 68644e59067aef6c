import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../base/index.js';
import { writeDurably } from '../durable-file.js';
import type { Lab } from '../lab.js';
import { borrowedIdentity, identityOf } from './places.js';

/** Brings the escrow identity to where a recovery reads it; resolves to that file (0600). The host that was attacked never sees it. */
export function borrowFromEscrow(lab: Lab): string {
  const [safe, here] = [identityOf(lab.paths, 'escrow'), borrowedIdentity(lab.paths)];
  if (!existsSync(safe))
    throw new Failure('unavailable', 'the escrow of this lab holds no identity', { retryable: false });
  mkdirSync(dirname(here), { recursive: true, mode: 0o700 });
  copyFileSync(safe, here);
  chmodSync(here, 0o600);
  return here;
}

/** Null while it is not here. */
export function borrowedFromEscrow(lab: Lab): string | null {
  const here = borrowedIdentity(lab.paths);
  return existsSync(here) ? here : null;
}

/** Overwrites and removes what was borrowed. */
export function giveBackToEscrow(lab: Lab): void {
  const here = borrowedIdentity(lab.paths);
  if (!existsSync(here)) return;
  writeDurably(here, ' '.repeat(readFileSync(here).length), 0o600);
  rmSync(here);
}
