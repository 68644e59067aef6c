import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { openLocalStore, type StoredObject } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';

const directory = mkdtempSync(join(tmpdir(), 'fd-store-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const fresh = () => openLocalStore(join(directory, String((count += 1))));
const all = async (objects: AsyncIterable<StoredObject>) => {
  const found: StoredObject[] = [];
  for await (const one of objects) found.push(one);
  return found;
};

describe('a folder as a store', () => {
  it('gives back what was put, byte for byte, with the size and hash it said', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 4 }),
        async (chunks) => {
          const store = fresh();
          const bytes = Buffer.concat(chunks);
          const put = await store.put('a/b/object', Readable.from(chunks));
          expect(put).toEqual({ bytes: bytes.length, sha256: sha256Hex(bytes) });
          expect(Buffer.compare(await buffer(await store.get('a/b/object')), bytes)).toBe(0);
          expect(await store.head('a/b/object')).toMatchObject({ key: 'a/b/object', bytes: bytes.length });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('never overwrites, not even when two write at the same time', async () => {
    const store = fresh();
    await store.put('x', Buffer.from('first'));
    expect(await failureOf(store.put('x', Buffer.from('second')))).toMatchObject({ reason: 'refused' });
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
    await expect(store.put('broken', body)).rejects.toThrow();
    expect(seen).toEqual([]);
    expect(readdirSync(store.directory)).toEqual([]);
    expect(await store.head('broken')).toBeNull();
  });

  it('lists by prefix, sorted, and a store that is not there yet is empty', async () => {
    const store = fresh();
    expect(await all(store.list(''))).toEqual([]);
    for (const key of ['b/2', 'a/1', 'b/1', 'b/deep/3']) await store.put(key, Buffer.from(key));
    mkdirSync(join(store.directory, 'half.partial'));
    writeFileSync(join(store.directory, 'half.partial', 'file'), 'x');
    expect((await all(store.list('b/'))).map((one) => one.key)).toEqual(['b/1', 'b/2', 'b/deep/3']);
    expect((await all(store.list(''))).map((one) => one.key)).toEqual(['a/1', 'b/1', 'b/2', 'b/deep/3']);
  });

  it('says plainly what is missing, and forgets what was deleted', async () => {
    const store = fresh();
    await store.put('gone', Buffer.from('x'));
    await store.delete('gone');
    expect(await store.head('gone')).toBeNull();
    expect((await failureOf(store.get('gone'))).message).toBe(
      `there is no gone in folder ${store.directory}`,
    );
    expect((await failureOf(store.delete('gone'))).reason).toBe('unavailable');
  });

  it.each(['../outside', '/etc/passwd', 'a/../../b', '', '.', 'a//b', 'a/./b'])(
    'does not leave its folder for the key %j',
    async (key) => {
      const store = fresh();
      expect((await failureOf(store.put(key, Buffer.from('x')))).reason).toBe('refused');
    },
  );

  it('does not take a folder or a link to nowhere for an object', async () => {
    const store = fresh();
    await store.put('folder/object', Buffer.from('x'));
    symlinkSync('/nonexistent', join(store.directory, 'dangling'));
    expect(await store.head('folder')).toBeNull();
    expect((await all(store.list(''))).map((one) => one.key)).toEqual(['folder/object']);
  });
});
