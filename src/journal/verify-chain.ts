import type { JournalProblem, JournalReading } from './read-journal.js';

/** What was said about the journal's end outside of it: a chain cut off at the end is still a chain. */
export interface Anchor {
  /** SHA-256 of the last line, or its first digits (12 or more), as somebody noted it. */
  readonly head?: string;
  /** Number of entries, as the seal counts them. */
  readonly entries?: number;
}

/**
 * Everything that speaks against the chain; empty means intact. Without an anchor neither a change within the last line nor
 * a tail cut off at a line's end can be seen: nothing in the file says how it should end.
 */
export function verifyChain(reading: JournalReading, anchor: Anchor = {}): readonly JournalProblem[] {
  const problems = [...reading.problems];
  const line = reading.entries.length;
  if (anchor.entries !== undefined && reading.entries.length < anchor.entries) {
    problems.push({
      line,
      kind: 'shorter',
      message: `journal has ${reading.entries.length} entries where ${anchor.entries} were noted`,
    });
  }
  if (anchor.head !== undefined) {
    const wanted = anchor.head.toLowerCase();
    if (!/^[0-9a-f]{12,64}$/.test(wanted)) {
      problems.push({ line, kind: 'head', message: `${anchor.head} is not 12 to 64 hex digits` });
    } else if (!reading.hashes.some((hash) => hash.startsWith(wanted))) {
      problems.push({ line, kind: 'head', message: `no line has the noted hash ${wanted.slice(0, 12)}` });
    }
  }
  return problems;
}
