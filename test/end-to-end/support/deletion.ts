import { makeProgramme, type Programme } from './programme.js';

export const deletionDrill = 'drills/data-deletion.yaml';
export const deletionRunbook = 'runbooks/data-deletion.yaml';

/** The shipped programme with short waits in the drill of a data deletion; what is waited for stays the same. */
export function deletionProgramme(): Programme {
  const programme = makeProgramme('shipped');
  programme.edit(deletionDrill, 'delay: 5s', 'delay: 500ms');
  programme.edit(deletionRunbook, 'hold: 5s', 'hold: 2s');
  programme.edit(deletionRunbook, 'every: 1s', 'every: 250ms');
  return programme;
}

/** A line of the observer's ledger, read without any of the program's own code. */
export interface RawLedgerLine {
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly id?: number;
}
