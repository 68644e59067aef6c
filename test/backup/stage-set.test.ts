import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copySet, stageSet, type ListedSet } from '../../src/backup/index.js';
import { serverAccount } from '../../src/postgres/index.js';
import type { LocalStore, Store } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { contents, filesIn, identityIn, makeSealed, openLocalStore, useFolder } from './sealed-ground.js';

const directory = useFolder('stage');
let count = 0;
const place = () => join(directory, String((count += 1)));
const operations = await identityIn(directory, 'operations.key');
const identities = [operations.path];

/** What was staged, without the note of what it is for. */
const staged = (folder: string) => {
  const files = Object.entries(filesIn(folder));
  return Object.fromEntries(files.filter(([name]) => name !== '.staged'));
};

let s3: ObjectStoreGround;
beforeAll(async () => (s3 = await openObjectStoreGround()));
afterAll(async () => s3.remove());

describe.each(['folder', 's3'] as const)('a set in a %s', (kind) => {
  const made = async (
    recipients: readonly string[],
  ): Promise<{ store: Store; local: LocalStore; set: ListedSet }> => {
    const local = openLocalStore(place());
    const set = await makeSealed(local, recipients);
    if (kind === 'folder') return { store: local, local, set };
    const store = s3.fresh('plain');
    await copySet({ from: local, to: store, set });
    return { store, local, set };
  };

  it.each([true, false])(
    'is brought whole, readable by nobody else (encrypted: %s), and removed again',
    async (encrypted) => {
      const { store, local, set } = await made(encrypted ? [operations.recipient] : []);
      const into = place();
      const progress: number[] = [];
      const one = await stageSet({
        store,
        set,
        into,
        identities,
        progress: (p) => progress.push(p.doneBytes ?? 0),
      });
      expect(one.files.map((file) => file.name).sort()).toEqual(Object.keys(contents).sort());
      for (const file of one.files)
        expect(readFileSync(join(one.directory, file.name)).equals(contents[file.name]!)).toBe(true);
      const inPlace = kind === 'folder' && !encrypted;
      expect(one.directory).toBe(inPlace ? join(local.directory, set.id) : into);
      if (!inPlace) {
        expect(staged(into)).toEqual(contents);
        expect(statSync(into).mode & 0o777).toBe(0o700);
        for (const name of Object.keys(contents)) expect(statSync(join(into, name)).mode & 0o777).toBe(0o400);
        expect(progress.at(-1)).toBe(one.files.reduce((sum, file) => sum + file.bytes, 0));
      }
      await one.release();
      await one.release();
      expect(existsSync(into)).toBe(false);
      expect(existsSync(join(local.directory, set.id, 'manifest.json'))).toBe(true);
    },
  );

  it('goes on where an interrupted attempt ended, and replaces what was not right', async () => {
    const { store, set } = await made([operations.recipient]);
    const into = place();
    const first = await stageSet({ store, set, into, identities });
    const kept = statSync(join(into, 'orders/3001.dat'));
    chmodSync(join(into, 'globals.sql'), 0o600);
    writeFileSync(join(into, 'globals.sql'), 'create role CLERK;\n');
    rmSync(join(into, 'orders/toc.dat'));
    writeFileSync(join(into, 'orders/toc.dat.fresh.partial'), 'half');
    await stageSet({ store, set, into, identities });
    expect(statSync(join(into, 'orders/3001.dat')).ino).toBe(kept.ino);
    expect(filesIn(into)).toMatchObject(contents);
    await first.release();
  });

  it.runIf(process.getuid?.() === 0)('belongs to the account that has to read it, when asked', async () => {
    const { store, set } = await made(kind === 'folder' ? [] : [operations.recipient]);
    const account = (await serverAccount())!;
    chmodSync(directory, 0o711);
    const into = place();
    const one = await stageSet({ store, set, into, identities, account });
    for (const path of [into, join(into, 'orders'), join(into, 'orders/3001.dat')])
      expect(statSync(path).uid).toBe(account.uid);
    expect(staged(into)).toEqual(contents);
    // A second attempt may go on in the account's folder.
    await stageSet({ store, set, into, identities, account });
    await one.release();
  });
});

describe('what is not staged', () => {
  it.each([true, false])('a file that is cut or changed in its store (encrypted: %s)', async (encrypted) => {
    const local = openLocalStore(place());
    const set = await makeSealed(local, encrypted ? [operations.recipient] : []);
    const account = process.getuid?.() === 0 ? { name: 'root', uid: 0, gid: 0 } : null;
    const [file] = set.manifest.files.filter(({ name }) => name.startsWith('orders/3001'));
    const path = join(local.directory, set.id, file!.name);
    const right = readFileSync(path);
    for (const damage of ['changed', 'cut'] as const) {
      chmodSync(path, 0o600);
      writeFileSync(path, right);
      if (damage === 'cut') truncateSync(path, right.length - 1);
      else writeFileSync(path, Buffer.concat([right.subarray(0, -1), Buffer.from([right.at(-1)! ^ 1])]));
      const into = place();
      const failure = await failureOf(stageSet({ store: local, set, into, identities, account }));
      expect(failure.message).toContain('orders/3001.dat');
      expect(Object.keys(filesIn(into))).not.toContain('orders/3001.dat');
      expect(Object.keys(filesIn(into)).filter((name) => /partial|fresh/.test(name))).toEqual([]);
    }
  });

  it('a file that somebody else encrypted for the same recipient: its key is public', async () => {
    const local = openLocalStore(place());
    const set = await makeSealed(local, [operations.recipient]);
    const path = join(local.directory, set.id, 'orders/3001.dat.age');
    rmSync(path);
    execFileSync('age', ['-r', operations.recipient, '-o', path], { input: Buffer.alloc(300_000, 7) });
    expect(statSync(path).size).toBe(set.manifest.files.find(({ name }) => path.endsWith(name))!.bytes);
    const into = place();
    const failure = await failureOf(stageSet({ store: local, set, into, identities }));
    expect(failure).toMatchObject({
      reason: 'check',
      message: expect.stringContaining('orders/3001.dat') as string,
    });
    expect(Object.keys(filesIn(into)).filter((name) => name.includes('3001'))).toEqual([]);
  });

  it('into a folder that holds something else, which stays', async () => {
    const local = openLocalStore(place());
    const set = await makeSealed(local, [operations.recipient]);
    const into = place();
    mkdirSync(into);
    writeFileSync(join(into, 'precious'), 'mine');
    expect((await failureOf(stageSet({ store: local, set, into, identities }))).reason).toBe('refused');
    const other = await makeSealed(local, [operations.recipient]);
    const elsewhere = place();
    const one = await stageSet({ store: local, set, into: elsewhere, identities });
    expect(
      (await failureOf(stageSet({ store: local, set: other, into: elsewhere, identities }))).reason,
    ).toBe('refused');
    await one.release();
    expect(filesIn(into)).toEqual({ precious: Buffer.from('mine') });
  });

  it('without room for it: said before anything is fetched', async () => {
    const local = openLocalStore(place());
    const set = await makeSealed(local, [operations.recipient]);
    const [first, ...rest] = set.manifest.files;
    const huge = { ...first!, plain: { ...first!.plain!, bytes: 1e15 } };
    const into = place();
    const large = { ...set, manifest: { ...set.manifest, files: [huge, ...rest] } };
    const failure = await failureOf(stageSet({ store: local, set: large, into, identities }));
    expect(failure).toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining('no room') as string,
    });
    expect(staged(into)).toEqual({});
  });
});
