import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/base/index.js';
import { memoryJournal, openJournal, readJournal, verifyChain } from '../../src/journal/index.js';
import { engine, identity, note, steppingClock, withPlace } from './parts.js';

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('opening again', () => {
  it('takes the chain up where it was left', () =>
    withPlace(async (place) => {
      const first = await place.open('s1');
      const one = await first.append(note('one'), engine);
      await first.close();
      const second = await place.open('s2');
      expect(second.entries).toEqual([one]);
      expect(second.tornBytes).toBe(0);
      const two = await second.append(note('two'), engine);
      await second.close();
      expect(two).toMatchObject({ seq: 2, session: 's2' });
      const read = readJournal(await readFile(place.file));
      expect(verifyChain(read, { head: second.head, entries: 2 })).toEqual([]);
    }));

  it('sets a torn last line aside outside the record, at whichever byte it was cut', () =>
    withPlace(async (place) => {
      const made = memoryJournal({ session: 's1', clock: steppingClock() });
      await made.append(note('kept'), engine);
      const kept = made.text;
      await made.append(note('törn off'), engine);
      const whole = Buffer.from(made.text);
      await mkdir(join(place.directory, 'record'));
      for (let length = Buffer.byteLength(kept); length < whole.length; length += 1) {
        await writeFile(place.file, whole.subarray(0, length));
        const torn = length - Buffer.byteLength(kept);
        const journal = await place.open('s2');
        expect(journal.entries).toHaveLength(1);
        expect(journal.tornBytes).toBe(torn);
        expect(journal.tornFile === null).toBe(torn === 0);
        if (journal.tornFile !== null) {
          expect(await readFile(journal.tornFile)).toEqual(whole.subarray(length - torn, length));
          await rm(journal.tornFile);
        }
        await journal.append(note('next'), engine);
        await journal.close();
        const read = readJournal(await readFile(place.file));
        expect(verifyChain(read, { head: journal.head, entries: 2 })).toEqual([]);
        expect(await readdir(join(place.directory, 'record'))).toEqual(['journal.jsonl']);
      }
    }));

  it('sets aside a last line that ends but says nothing, as a lost disk block leaves it', () =>
    withPlace(async (place) => {
      const first = await place.open('s1');
      await first.append(note('kept'), engine);
      await first.close();
      await appendFile(place.file, Buffer.concat([Buffer.alloc(100), Buffer.from('\n')]));
      const journal = await place.open('s2');
      expect(journal.tornBytes).toBe(101);
      expect(journal.entries).toHaveLength(1);
      await journal.close();
      expect(readJournal(await readFile(place.file)).problems).toEqual([]);
    }));

  it('refuses to continue a record whose chain is broken, and gives the lease back', () =>
    withPlace(async (place) => {
      const first = await place.open('s1');
      for (const text of ['one', 'two', 'three']) await first.append(note(text), engine);
      await first.close();
      const text = await readFile(place.file, 'utf8');
      await writeFile(place.file, text.replace('"one"', '"eno"'));
      const failure = await failureOf(place.open('s2'));
      expect(failure.reason).toBe('refused');
      expect(failure.message).toContain('line 2 does not follow line 1');
      expect(failure.hint).toContain('firedrill audit');
      await writeFile(place.file, text);
      await (await place.open('s2')).close();
    }));
});

describe('while open', () => {
  it('refuses to write after somebody else has written to the file', () =>
    withPlace(async (place) => {
      const journal = await place.open();
      await journal.append(note('one'), engine);
      await appendFile(place.file, 'graffiti\n');
      const failure = await failureOf(journal.append(note('two'), engine));
      expect(failure.reason).toBe('refused');
      expect(journal.entries).toHaveLength(1);
      await journal.close();
    }));
});

describe('on a disk that is full', () => {
  let disk: string;
  let leaseDirectory: string;
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), 'firedrill-disk-'));
    leaseDirectory = await mkdtemp(join(tmpdir(), 'firedrill-leases-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
  });
  afterAll(async () => {
    // Lazily: a test that failed may have left its journal open.
    execFileSync('umount', ['--lazy', disk]);
    await rm(disk, { recursive: true });
    await rm(leaseDirectory, { recursive: true });
  });

  it('says so with what to type, keeps the chain whole, and goes on once there is space', async () => {
    const file = join(disk, 'journal.jsonl');
    const clock = steppingClock();
    const open = (session: string) =>
      openJournal({ file, session, clock, leaseDirectory, runId: 'run-1', identity });
    const journal = await open('s1');
    await writeFile(join(disk, 'ballast'), Buffer.alloc(32 * 1024));
    const fill = async () => {
      // Lines longer than a page: the write that hits the wall has half of its line on the disk already.
      for (let count = 0; count < 100; count += 1) await journal.append(note('x'.repeat(5000)), engine);
    };
    const failure = await failureOf(fill());
    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toContain('ENOSPC');
    expect(failure.hint).toContain('firedrill resume run-1');
    const entries = journal.entries.length;
    expect(entries).toBeGreaterThan(0);
    const full = readJournal(await readFile(file));
    expect(verifyChain(full, { head: journal.head, entries })).toEqual([]);

    await rm(join(disk, 'ballast'));
    await journal.append(note('y'.repeat(5000)), engine);
    const head = journal.head;
    await journal.close();
    const reopened = await open('s2');
    expect(reopened.tornBytes).toBe(0);
    expect(reopened.head).toBe(head);
    expect(reopened.entries).toHaveLength(entries + 1);
    await reopened.close();
  });
});
