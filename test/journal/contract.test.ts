import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/index.js';
import { memoryJournal, readJournal, verifyChain, type Journal } from '../../src/journal/index.js';
import { engine, note, steppingClock, withPlace } from './parts.js';

interface Held {
  readonly journal: Journal;
  readonly text: () => Promise<string>;
}

/** Every implementation with the way to its bytes. */
const implementations: Record<string, (use: (held: Held) => Promise<void>) => Promise<void>> = {
  memory: async (use) => {
    const journal = memoryJournal({ session: 's1', clock: steppingClock() });
    await use({ journal, text: () => Promise.resolve(journal.text) });
  },
  file: (use) =>
    withPlace(async (place) => {
      const journal = await place.open();
      await use({ journal, text: () => readFile(place.file, 'utf8') });
      await journal.close();
    }),
};

describe.each(Object.entries(implementations))('%s journal', (_name, withJournal) => {
  it('is empty with a head of 64 zeros before anything is appended', () =>
    withJournal(async ({ journal, text }) => {
      expect(journal.entries).toEqual([]);
      expect(journal.head).toBe('0'.repeat(64));
      expect(await text()).toBe('');
    }));

  it('writes the wire form key by key, chained by the exact bytes of the line before', () =>
    withJournal(async ({ journal, text }) => {
      const person = { kind: 'person', name: 'Ana Reyes', role: 'commander' } as const;
      await journal.append(note('first'), engine);
      await journal.append(note('second'), person);
      const [first, second, rest] = (await text()).split('\n');
      // The file journal has already looked at the clock once, for its lease.
      const [ms, mono] = first!.includes('"mono":1,') ? ['000', 1] : ['001', 2];
      expect(first).toBe(
        `{"v":1,"seq":1,"prev":"${'0'.repeat(64)}","at":"2027-01-17T01:02:03.${ms}Z","mono":${mono},"session":"s1",` +
          `"actor":{"kind":"engine"},"type":"note-taken","data":{"text":"first"}}`,
      );
      const prev = createHash('sha256').update(first!).digest('hex');
      expect(second).toContain(`{"v":1,"seq":2,"prev":"${prev}","at":`);
      expect(second).toContain(`"actor":{"kind":"person","name":"Ana Reyes","role":"commander"}`);
      expect(rest).toBe('');
      expect(journal.head).toBe(createHash('sha256').update(second!).digest('hex'));
    }));

  it('returns each entry as it will be read back, and lists it from then on', () =>
    withJournal(async ({ journal, text }) => {
      const awkward = 'quote " back\\slash\nnew line \u2028 separator, ünïcode, \ud800 half a pair';
      const entry = await journal.append(note(awkward), engine);
      expect(entry).toMatchObject({ seq: 1, type: 'note-taken', session: 's1' });
      const read = readJournal(await text());
      expect(read.problems).toEqual([]);
      expect(read.entries).toEqual([entry]);
      expect(journal.entries).toEqual([entry]);
      expect(read.hashes).toEqual([journal.head]);
    }));

  it('keeps the order of appends that are asked for at once', () =>
    withJournal(async ({ journal, text }) => {
      const texts = Array.from({ length: 50 }, (_, index) => `note ${index}`);
      const entries = await Promise.all(texts.map((one) => journal.append(note(one), engine)));
      expect(entries.map((entry) => entry.seq)).toEqual(texts.map((_, index) => index + 1));
      const read = readJournal(await text());
      expect(verifyChain(read, { head: journal.head, entries: 50 })).toEqual([]);
      expect(read.entries.map((entry) => entry.data)).toEqual(texts.map((one) => ({ text: one })));
    }));

  it('leaves nothing behind of what cannot be written as JSON, and goes on', () =>
    withJournal(async ({ journal, text }) => {
      const cyclic: Record<string, unknown> = {};
      cyclic.self = cyclic;
      const event = { type: 'note-taken', data: cyclic } as unknown as Parameters<Journal['append']>[0];
      const error: unknown = await journal.append(event, engine).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(TypeError);
      await journal.append(note('after'), engine);
      expect(verifyChain(readJournal(await text()), { head: journal.head, entries: 1 })).toEqual([]);
    }));

  it('treats an append after close as a bug, not as a failure to be expected', () =>
    withJournal(async ({ journal, text }) => {
      await journal.append(note('last'), engine);
      const before = await text();
      await journal.close();
      const error: unknown = await journal.append(note('late'), engine).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(Failure);
      expect(await text()).toBe(before);
    }));
});
