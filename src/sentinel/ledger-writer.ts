import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../base/index.js';
import type { LedgerFact, LedgerLine } from './ledger-line.js';
import { headOf, readLedger } from './read-ledger.js';

/** Appends to the ledger. There is one writer; see `claim.ts`. */
export interface LedgerWriter {
  /** The greatest canary id that stands in the ledger, -1 when there is none. */
  readonly greatestId: number;
  append(fact: LedgerFact): LedgerLine;
  close(): void;
}

/**
 * Opens the ledger and goes on with its chain. What a crash left of a torn last line is moved to `ledger.torn` in
 * `asideDirectory`: the file holds whole lines only, so the chain over its bytes stays unbroken.
 */
export function openLedger(file: string, asideDirectory: string): LedgerWriter {
  const descriptor = openSync(file, 'a+', 0o644);
  const bytes = readFileSync(file);
  let sizeBytes = bytes.lastIndexOf(0x0a) + 1;
  if (sizeBytes < bytes.length) {
    const torn = bytes.subarray(sizeBytes);
    appendFileSync(join(asideDirectory, 'ledger.torn'), Buffer.concat([torn, Buffer.from('\n')]));
    ftruncateSync(descriptor, sizeBytes);
  }
  const text = bytes.subarray(0, sizeBytes).toString('utf8');
  const ids = readLedger(text).lines.map((line) => (line.kind === 'commit' ? line.id : -1));
  let { seq, sha256: prev } = headOf(text);
  return {
    greatestId: ids.reduce((greatest, id) => Math.max(greatest, id), -1),
    append(fact) {
      const line: LedgerLine = { v: 1, seq: seq + 1, prev, at: new Date().toISOString(), ...fact };
      const lineText = JSON.stringify(line);
      const written = Buffer.from(`${lineText}\n`);
      writeWhole(descriptor, written, sizeBytes);
      sizeBytes += written.length;
      seq += 1;
      prev = sha256Hex(lineText);
      return line;
    },
    close: () => closeSync(descriptor),
  };
}

/** One write, so that a crash leaves at most one torn line; what a full disk let through is taken back. */
function writeWhole(descriptor: number, bytes: Buffer, startBytes: number): void {
  let written = 0;
  try {
    written = writeSync(descriptor, bytes);
  } finally {
    if (written < bytes.length && fstatSync(descriptor).size > startBytes)
      ftruncateSync(descriptor, startBytes);
  }
  if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes could be written`);
}
