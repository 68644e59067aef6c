import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import type { Store, StoredObject } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';

export async function all<T = StoredObject>(objects: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of objects) found.push(one);
  return found;
}

/** What every store promises. `fresh` gives an empty one each time. */
export function storeContract(name: string, fresh: () => Store): void {
  describe(`the contract of stores, kept by ${name}`, () => {
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'fd-contract-'));
    });
    afterAll(() => rmSync(directory, { recursive: true, force: true }));
    const file = (content: string | Uint8Array) => {
      const path = join(directory, `file-${Math.random()}`);
      writeFileSync(path, content);
      return path;
    };

    it('gives back what was put, byte for byte, with the size and hash it said', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 4 }),
          fc.constantFrom('stream', 'bytes', 'file'),
          async (chunks, way) => {
            const store = fresh();
            const bytes = Buffer.concat(chunks);
            const put =
              way === 'file'
                ? await store.putFile('a/b/object', file(bytes))
                : await store.put('a/b/object', way === 'bytes' ? bytes : Readable.from(chunks));
            expect(put).toMatchObject({ bytes: bytes.length, sha256: sha256Hex(bytes) });
            expect(Buffer.compare(await buffer(await store.get('a/b/object')), bytes)).toBe(0);
            const head = await store.head('a/b/object');
            expect(head).toMatchObject({ key: 'a/b/object', bytes: bytes.length, versionId: put.versionId });
          },
        ),
        { numRuns: 25 },
      );
    });

    it('never overwrites, not even when two write at the same time', async () => {
      const store = fresh();
      await store.put('x', Buffer.from('first'));
      expect(await failureOf(store.put('x', Buffer.from('second')))).toMatchObject({ reason: 'refused' });
      expect(await failureOf(store.putFile('x', file('third')))).toMatchObject({ reason: 'refused' });
      expect((await buffer(await store.get('x'))).toString()).toBe('first');
      const outcomes = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map(async (text) => store.put('race', Readable.from([Buffer.from(text)]))),
      );
      expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    });

    it('keeps nothing of a write that failed, and never lists one under way', async () => {
      const store = fresh();
      const seen: string[] = [];
      const body = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          seen.push(...(await all(store.list(''))).map((one) => one.key));
          throw new Error('the source broke');
        })(),
      );
      expect((await failureOf(store.put('broken', body))).reason).toBe('unavailable');
      expect(seen).toEqual([]);
      expect(await store.head('broken')).toBeNull();
      expect(await all(store.list(''))).toEqual([]);
    });

    it('lists by prefix, sorted, names folders, and is empty before the first put', async () => {
      const store = fresh();
      expect(await all(store.list(''))).toEqual([]);
      expect(await store.folders('')).toEqual([]);
      for (const key of ['b/2', 'a/1', 'b/1', 'b/deep/3', 'top']) await store.put(key, Buffer.from(key));
      const keys = async (prefix: string) => (await all(store.list(prefix))).map((one) => one.key);
      expect(await keys('b/')).toEqual(['b/1', 'b/2', 'b/deep/3']);
      expect(await keys('')).toEqual(['a/1', 'b/1', 'b/2', 'b/deep/3', 'top']);
      expect(await store.folders('')).toEqual(['a', 'b']);
      expect(await store.folders('b/')).toEqual(['deep']);
      const [first] = await all(store.list('a/'));
      const { versionId, bytes } = (await store.head('a/1'))!;
      expect(first).toMatchObject({ key: 'a/1', bytes, versionId });
    });

    it('says plainly what is missing, and forgets what was deleted', async () => {
      const store = fresh();
      await store.put('gone', Buffer.from('x'));
      await store.delete('gone');
      expect(await store.head('gone')).toBeNull();
      expect(await all(store.list(''))).toEqual([]);
      expect((await failureOf(store.get('gone'))).message).toBe(`there is no gone in ${store.describe}`);
      expect((await failureOf(store.delete('gone'))).reason).toBe('unavailable');
      // The name is free again.
      await store.put('gone', Buffer.from('again'));
      expect((await buffer(await store.get('gone'))).toString()).toBe('again');
    });

    it.each(['../outside', '/etc/passwd', 'a/../../b', '', '.', 'a//b', 'a/./b'])(
      'does not leave its place for the key %j',
      async (key) => {
        expect((await failureOf(fresh().put(key, Buffer.from('x')))).reason).toBe('refused');
      },
    );

    it('probes what it can without leaving anything to be listed', async () => {
      const store = fresh();
      const can = await store.probe();
      expect(Math.abs(can.clockSkewMs)).toBeLessThan(5000);
      expect(await all(store.list(''))).toEqual([]);
      expect(await store.folders('')).toEqual([]);
      if (can.objectLock) return;
      const lockUntil = new Date(Date.now() + 60_000).toISOString();
      const failure = await failureOf(store.put('locked', Buffer.from('x'), { lockUntil }));
      expect([failure.reason, failure.hint]).toEqual(['unavailable', expect.stringContaining('object lock')]);
    });
  });
}
