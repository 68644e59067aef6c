import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { Failure, isJsonObject, sha256Hex, type Json } from '../base/index.js';
import { firstPrev } from '../journal/index.js';
import { syncFolder, unwritable } from './durable-file.js';
import { withLock } from './register-lock.js';

/** What the register says about runs; a line is never rewritten. */
export type RegisterFact =
  | {
      readonly kind: 'run-started';
      readonly runId: string;
      readonly planSha256: string;
      readonly mode: 'drill' | 'live';
    }
  | {
      readonly kind: 'run-finished';
      readonly runId: string;
      /** The journal's head after the seal, and its number of entries: an anchor outside the record. */
      readonly head: string;
      readonly entries: number;
      readonly statementSha256: string;
      readonly score: number | null;
      readonly rating: string;
    };

/** A line of `reports/register.jsonl`, chained like a journal's. */
export type RegisterLine = {
  readonly v: 1;
  readonly seq: number;
  readonly prev: string;
  /** UTC, milliseconds. */
  readonly at: string;
} & RegisterFact;

export interface RegisterReading {
  readonly lines: readonly RegisterLine[];
  readonly head: string;
  readonly problems: readonly { readonly line: number; readonly text: string }[];
}

/** Appends that a run has begun; the same run twice is one line. `at` is UTC in milliseconds. */
export async function registerStart(
  register: string,
  fact: { readonly runId: string; readonly planSha256: string; readonly mode: 'drill' | 'live' },
  at: string,
): Promise<void> {
  await appendFact(register, { kind: 'run-started', ...fact }, at);
}

/** Appends that a run was sealed; a run without this line has no seal. The same end twice is one line. */
export async function registerEnd(
  register: string,
  fact: Exclude<RegisterFact, { kind: 'run-started' }>,
  at: string,
): Promise<void> {
  await appendFact(register, fact, at);
}

/** Reads a register nobody vouches for; never throws. */
export function readRegister(bytes: Uint8Array): RegisterReading {
  const lines: RegisterLine[] = [];
  const problems: { line: number; text: string }[] = [];
  const pieces = Buffer.from(bytes).toString().split('\n');
  const torn = pieces.pop();
  let prev = firstPrev;
  for (const [index, piece] of pieces.entries()) {
    const line = index + 1;
    const value = parse(piece);
    if (value === null) problems.push({ line, text: `register line ${line} is no line of a register` });
    else if (value.seq !== line || value.prev !== prev) {
      problems.push({ line, text: `register line ${line} does not follow from the line before it` });
    }
    if (value !== null) lines.push(value);
    prev = sha256Hex(piece);
  }
  if (torn !== '') problems.push({ line: pieces.length + 1, text: 'the last line of the register is torn' });
  return { lines, head: prev, problems };
}

function parse(piece: string): RegisterLine | null {
  try {
    const value = JSON.parse(piece) as Json;
    if (!isJsonObject(value) || value.v !== 1 || typeof value.runId !== 'string') return null;
    const known = value.kind === 'run-started' || value.kind === 'run-finished';
    return known && typeof value.at === 'string' ? (value as unknown as RegisterLine) : null;
  } catch {
    return null;
  }
}

async function appendFact(register: string, fact: RegisterFact, at: string): Promise<void> {
  try {
    await mkdir(dirname(register), { recursive: true });
    await withLock(`${register}.lock`, () => append(register, fact, at));
  } catch (error) {
    throw error instanceof Failure ? error : unwritable(register, error);
  }
}

async function append(register: string, fact: RegisterFact, at: string): Promise<void> {
  const content = await readFile(register).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  // A torn last line is what a crash left of an append that nobody was told of: it goes, whatever else is wrong stays.
  const wholeBytes = content.lastIndexOf(10) + 1;
  const { lines, head, problems } = readRegister(content.subarray(0, wholeBytes));
  const [problem] = problems;
  if (problem !== undefined) {
    throw new Failure('refused', `${register} does not verify: ${problem.text}`, {
      hint: 'Restore it from the last copy (a commit, a backup); a broken register is not continued.',
    });
  }
  const same = (line: RegisterLine) =>
    Object.entries(fact).every(([key, value]) => (line as unknown as { [k: string]: Json })[key] === value);
  if (lines.some(same)) return;
  const handle = await open(register, 'a');
  try {
    await handle.truncate(wholeBytes);
    await handle.writeFile(`${JSON.stringify({ v: 1, seq: lines.length + 1, prev: head, at, ...fact })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(register));
}
