import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, sha256Hex } from '../../src/base/index.js';
import {
  memoryJournal,
  readJournal,
  readJournalFile,
  verifyChain,
  type JournalProblem,
} from '../../src/journal/index.js';
import { engine, note, steppingClock } from './parts.js';

async function sample(): Promise<{ text: string; head: string }> {
  const journal = memoryJournal({ session: 's1', clock: steppingClock() });
  for (const text of ['one', 'twö', 'three']) await journal.append(note(text), engine);
  return journal;
}

const kinds = (problems: readonly JournalProblem[]) => problems.map((problem) => problem.kind);
const lines = (text: string) => text.trimEnd().split('\n');

/** Changes line `index` and chains the later ones anew, as a forger with the format at hand would. */
function forge(text: string, index: number, change: (line: Record<string, unknown>) => object): string {
  let prev = '0'.repeat(64);
  const forged = lines(text).map((line, at) => {
    const value = { ...(JSON.parse(line) as Record<string, unknown>), prev };
    const written = JSON.stringify(at === index ? change(value) : value);
    prev = sha256Hex(written);
    return written;
  });
  return `${forged.join('\n')}\n`;
}

describe('verifying the chain', () => {
  it('notices one changed byte, wherever it is', async () => {
    const { text, head } = await sample();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[at] = bytes[at]! ^ bit;
        const problems = verifyChain(readJournal(changed), { head, entries: 3 });
        expect(problems.length, `bit ${bit} of byte ${at}`).toBeGreaterThan(0);
      }
    }
  });

  it('notices a changed byte in every line but the last without any anchor', async () => {
    const { text } = await sample();
    const bytes = Buffer.from(text);
    const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (let at = 0; at < lastLine; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = bytes[at]! ^ 0x01;
      expect(readJournal(changed).problems.length, `byte ${at}`).toBeGreaterThan(0);
    }
  });

  it('notices a missing, a repeated, a swapped and an added line', async () => {
    const { text } = await sample();
    const [one, two, three] = lines(text) as [string, string, string];
    const problems = (...kept: string[]) => kinds(readJournal(`${kept.join('\n')}\n`).problems);
    expect(problems(one, three)).toEqual(['seq', 'prev']);
    expect(problems(two, three)).toEqual(['seq', 'prev']);
    expect(problems(one, one, two, three)).toEqual(['seq', 'prev']);
    expect(problems(one, three, two)).toEqual(['seq', 'prev', 'seq', 'prev']);
    expect(problems(one, 'graffiti', two, three)).toContain('unparsable');
  });

  it('needs an anchor to notice a tail cut off at the end of a line', async () => {
    const { text, head } = await sample();
    const cut = readJournal(`${lines(text).slice(0, 2).join('\n')}\n`);
    expect(verifyChain(cut)).toEqual([]);
    expect(kinds(verifyChain(cut, { entries: 3 }))).toEqual(['shorter']);
    expect(kinds(verifyChain(cut, { head }))).toEqual(['head']);
    expect(kinds(verifyChain(cut, { head: head.slice(0, 12) }))).toEqual(['head']);
  });

  it('accepts a short code noted while the run went on, and says when it is no code at all', async () => {
    const { text } = await sample();
    const reading = readJournal(text);
    expect(verifyChain(reading, { head: reading.hashes[1]!.slice(0, 12).toUpperCase() })).toEqual([]);
    expect(kinds(verifyChain(reading, { head: 'abc' }))).toEqual(['head']);
  });
});

describe('reading what nobody vouches for', () => {
  it.each<[string, (line: Record<string, unknown>) => object, string]>([
    ['another version', (line) => ({ ...line, v: 2 }), 'v is 2, not 1'],
    ['a seq that is text', (line) => ({ ...line, seq: '2' }), 'seq is "2", not a whole number'],
    ['a time of no calendar', (line) => ({ ...line, at: '2027-02-30T00:00:00.000Z' }), 'at is'],
    ['a time without its zone', (line) => ({ ...line, at: '2027-02-03T00:00:00.000' }), 'at is'],
    ['a negative duration', (line) => ({ ...line, mono: -1 }), 'mono is -1'],
    ['no session', (line) => ({ ...line, session: '' }), 'session is ""'],
    ['an actor of no kind', (line) => ({ ...line, actor: { kind: 'ghost' } }), 'actor is'],
    ['a person without a name', (line) => ({ ...line, actor: { kind: 'person' } }), 'actor is'],
    ['data that is a list', (line) => ({ ...line, data: [] }), 'data is [], not an object'],
    ['a key too many', (line) => ({ ...line, hash: 'x' }), 'hash is not a key of an entry'],
    ['keys in another order', ({ data, ...line }) => ({ data, ...line }), 'its keys are out of order'],
    ['an unknown type', (line) => ({ ...line, type: 'all-good' }), 'type is "all-good"'],
    ['a type every object has', (line) => ({ ...line, type: 'constructor' }), 'type is "constructor"'],
  ])('names %s and reads on', async (_name, change, message) => {
    const { text } = await sample();
    const reading = readJournal(forge(text, 1, change));
    expect(reading.problems[0]?.line).toBe(2);
    expect(reading.problems[0]?.message).toContain(message);
    expect(reading.entries.map((entry) => entry.seq)).toEqual([1, 3]);
    expect(reading.hashes).toHaveLength(2);
  });

  it('keeps a hostile value out of its messages', async () => {
    const { text } = await sample();
    const reading = readJournal(forge(text, 1, (line) => ({ ...line, type: 'x'.repeat(10_000) })));
    expect(reading.problems[0]!.message.length).toBeLessThan(120);
  });

  it('never throws, whatever the bytes', async () => {
    const { text } = await sample();
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(bytes.length), (noise, at) => {
        readJournal(noise);
        const mixed = readJournal(Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]));
        expect(mixed.entries.length).toBe(mixed.hashes.length);
        expect(mixed.wholeBytes + mixed.tornBytes).toBe(bytes.length + noise.length);
      }),
      { numRuns: 300 },
    );
    for (const odd of ['', '\n', '\n\n', 'null\n', '[]\n', '1\n{}\n', '\u0000', '{"v":1}\n{"v":1}\n'])
      readJournal(odd);
  });

  it('reads an empty file as an empty journal, and calls a missing one unavailable', async () => {
    expect(readJournal('')).toMatchObject({ entries: [], head: '0'.repeat(64), tornBytes: 0, problems: [] });
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-read-'));
    try {
      await writeFile(join(folder, 'journal.jsonl'), '');
      expect((await readJournalFile(join(folder, 'journal.jsonl'))).problems).toEqual([]);
      const error: unknown = await readJournalFile(join(folder, 'none')).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Failure);
      expect((error as Failure).reason).toBe('unavailable');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('anybody', () => {
  it('can check the chain with nothing but standard tools', async () => {
    const { execFileSync } = await import('node:child_process');
    const { text, head } = await sample();
    const loop =
      'p=$(printf "%064d" 0); while IFS= read -r l; do case "$l" in *"\\"prev\\":\\"$p\\""*) ;; *) exit 1;; esac;' +
      ' p=$(printf %s "$l" | sha256sum | cut -d" " -f1); done; echo $p';
    expect(execFileSync('sh', ['-c', loop], { input: text, encoding: 'utf8' }).trim()).toBe(head);
  });
});
