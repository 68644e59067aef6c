import { readFile } from 'node:fs/promises';
import { sha256Hex } from '../base/index.js';
import { firstPrev, parseLedgerLine, type LedgerLine } from './ledger-line.js';

export interface LedgerProblem {
  /** Counts from 1. */
  readonly line: number;
  readonly problem: string;
}

/**
 * Reads a whole ledger that anybody may have written; never throws. Every line that can be read is returned, and everything
 * wrong with the chain, the numbering or a line is named; a caller that needs a whole ledger asks for no problems.
 */
export function readLedger(text: string): {
  readonly lines: readonly LedgerLine[];
  readonly problems: readonly LedgerProblem[];
} {
  const lines: LedgerLine[] = [];
  const problems: LedgerProblem[] = [];
  const pieces = text.split('\n');
  const torn = pieces.pop();
  let prev = firstPrev;
  let greatestId = -1;
  for (const [index, piece] of pieces.entries()) {
    const say = (problem: string) => problems.push({ line: index + 1, problem });
    const line = parseLedgerLine(piece);
    if ('problem' in line) {
      say(line.problem);
    } else {
      if (line.seq !== index + 1) say(`sequence number is ${line.seq}, expected ${index + 1}`);
      if (line.prev !== prev) say('does not follow from the line before it');
      if (line.kind === 'commit') {
        if (line.id <= greatestId) say(`canary ${line.id} does not come after canary ${greatestId}`);
        greatestId = Math.max(greatestId, line.id);
      }
      lines.push(line);
    }
    prev = sha256Hex(piece);
  }
  if (torn !== undefined && torn !== '')
    problems.push({ line: pieces.length + 1, problem: 'the last line is not complete' });
  return { lines, problems };
}

export interface LedgerHead {
  readonly seq: number;
  /** SHA-256 of the last complete line, 64 zeros while there is none. */
  readonly sha256: string;
  /** How many commits were acknowledged up to here. */
  readonly acknowledged: number;
}

/** The ledger's last complete line; an absent file counts as an empty ledger. */
export async function ledgerHead(file: string): Promise<LedgerHead> {
  return headOf(await readLedgerText(file));
}

export function headOf(text: string): LedgerHead {
  const pieces = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  pieces.pop();
  const last = pieces.at(-1);
  if (last === undefined) return { seq: 0, sha256: firstPrev, acknowledged: 0 };
  const acknowledged = pieces.filter((piece) => {
    const line = parseLedgerLine(piece);
    return !('problem' in line) && line.kind === 'commit';
  }).length;
  return { seq: pieces.length, sha256: sha256Hex(last), acknowledged };
}

export async function readLedgerText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
