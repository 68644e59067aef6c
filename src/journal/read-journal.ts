import { readFile } from 'node:fs/promises';
import { Failure, isJsonObject, sha256Hex, type Json } from '../base/index.js';
import type { Entry } from '../run/index.js';
import { envelopeProblems } from './envelope.js';
import { firstPrev } from './wire.js';

export interface JournalProblem {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly kind:
    'unparsable' | 'not-utf8' | 'torn' | 'envelope' | 'unknown-type' | 'seq' | 'prev' | 'shorter' | 'head';
  readonly message: string;
}

/** What a journal says, and everything that speaks against believing it. */
export interface JournalReading {
  /** Entries whose envelope has the right shape; `data` is as the file says, which may still be nonsense. */
  readonly entries: readonly Entry[];
  /** SHA-256 of the line of the entry at the same index. */
  readonly hashes: readonly string[];
  /** SHA-256 of the last complete line, 64 zeros when there is none. */
  readonly head: string;
  /** Bytes up to and including the last line that ends in a newline and can be parsed. */
  readonly wholeBytes: number;
  /** Bytes after that: the remains of an append that a crash cut short. */
  readonly tornBytes: number;
  readonly problems: readonly JournalProblem[];
}

const newline = 0x0a;

/** Reads a journal that nobody vouches for. Never throws: whatever is wrong is in `problems`, named by line. */
export function readJournal(content: string | Uint8Array): JournalReading {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
  const entries: Entry[] = [];
  const hashes: string[] = [];
  const problems: JournalProblem[] = [];
  let [head, seq, line, start, wholeBytes] = [firstPrev, 0, 0, 0, 0];
  while (start < bytes.length) {
    line += 1;
    const end = bytes.indexOf(newline, start);
    const last = end === -1 || end === bytes.length - 1;
    const raw = bytes.subarray(start, end === -1 ? bytes.length : end);
    start = end === -1 ? bytes.length : end + 1;
    const say = (kind: JournalProblem['kind'], message: string) => problems.push({ line, kind, message });
    const value = end === -1 ? undefined : parse(raw);
    if (value === undefined && last) {
      say('torn', `line ${line} is torn: ${bytes.length - wholeBytes} bytes without an end`);
      break;
    }
    wholeBytes = start;
    const before = head;
    head = sha256Hex(raw);
    if (value === undefined) {
      say('unparsable', `line ${line} is not JSON in UTF-8`);
      seq += 1;
      continue;
    }
    if (!isJsonObject(value)) {
      say('envelope', `line ${line} is no object`);
      seq += 1;
      continue;
    }
    const wrong = envelopeProblems(value);
    for (const message of wrong) {
      say(message.startsWith('type ') ? 'unknown-type' : 'envelope', `line ${line}: ${message}`);
    }
    if (value.seq !== seq + 1)
      say('seq', `line ${line} has seq ${JSON.stringify(value.seq)} where ${seq + 1} was due`);
    if (value.prev !== before) {
      const named = line === 1 ? 'the beginning' : `line ${line - 1}`;
      say('prev', `line ${line} does not follow ${named}: its prev is not ${before.slice(0, 12)}…`);
    }
    seq = Number.isSafeInteger(value.seq) ? (value.seq as number) : seq + 1;
    if (wrong.length > 0) continue;
    entries.push(value as unknown as Entry);
    hashes.push(head);
  }
  return { entries, hashes, head, wholeBytes, tornBytes: bytes.length - wholeBytes, problems };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(raw: Uint8Array): Json | undefined {
  try {
    return JSON.parse(utf8.decode(raw)) as Json;
  } catch {
    return undefined;
  }
}

/** `readJournal` of a file; a file that cannot be read is a `Failure` (unavailable). */
export async function readJournalFile(file: string): Promise<JournalReading> {
  try {
    return readJournal(await readFile(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('unavailable', `journal ${file} cannot be read: ${why}`, { cause: error });
  }
}
