import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { openLocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { all, storeContract } from './contract.js';

const directory = mkdtempSync(join(tmpdir(), 'fd-store-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const fresh = () => openLocalStore(join(directory, String((count += 1))));

storeContract('a folder', fresh);

describe('a folder as a store', () => {
  it('leaves no file behind of a write that failed', async () => {
    const store = fresh();
    const body = Readable.from(
      (async function* () {
        yield await Promise.resolve(Buffer.from('half'));
        throw new Error('the source broke');
      })(),
    );
    await failureOf(store.put('broken', body));
    expect(readdirSync(store.directory)).toEqual([]);
  });

  it('says which object could not be read when the disk fails in the middle', async () => {
    const store = fresh();
    mkdirSync(store.directory, { recursive: true });
    // Its beginning is mapped nowhere: to read it is an input/output error, as of a bad block.
    symlinkSync('/proc/self/mem', join(store.directory, 'bad-block'));
    const failure = await failureOf(store.get('bad-block').then(buffer));
    expect(failure.reason).toBe('unavailable');
    expect(failure.message).toBe(`folder ${store.directory} failed on bad-block: EIO`);
  });

  it('does not list what others left half-written', async () => {
    const store = fresh();
    await store.put('b/1', Buffer.from('x'));
    mkdirSync(join(store.directory, 'half.partial'));
    writeFileSync(join(store.directory, 'half.partial', 'file'), 'x');
    expect((await all(store.list(''))).map((one) => one.key)).toEqual(['b/1']);
  });

  it('lists all that stays while other folders come and go', async () => {
    const store = fresh();
    for (let i = 0; i < 20; i += 1) await store.put(`set-${i}/object`, Buffer.from('x'));
    const going = { on: true };
    const churn = (async () => {
      for (let i = 0; going.on; i += 1) {
        await store.put(`locks/${i}/note`, Buffer.from('x'));
        await store.delete(`locks/${i}/note`);
      }
    })();
    const counts = new Set<number>();
    for (let i = 0; i < 60; i += 1) {
      const found = await all(store.list(''));
      counts.add(found.filter((one) => one.key.startsWith('set-')).length);
    }
    going.on = false;
    await churn;
    expect([...counts]).toEqual([20]);
  });

  it('does not take a folder or a link to nowhere for an object', async () => {
    const store = fresh();
    await store.put('folder/object', Buffer.from('x'));
    symlinkSync('/nonexistent', join(store.directory, 'dangling'));
    expect(await store.head('folder')).toBeNull();
    expect((await all(store.list(''))).map((one) => one.key)).toEqual(['folder/object']);
  });
});
