import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copySet,
  findBackup,
  lastVerification,
  listBackups,
  recordVerification,
  stageSet,
  type ListedSet,
  type Verification,
} from '../../src/backup/index.js';
import { openS3Store, type LocalStore, type Store } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import {
  commandLines,
  contents,
  engine,
  filesIn,
  keysIn,
  makeSealed,
  openLocalStore,
  signer,
  trusted,
  useFolder,
} from './sealed-ground.js';

const directory = useFolder('copy');
let count = 0;
const place = () => join(directory, String((count += 1)));
const folder = () => openLocalStore(place());
const names = [...Object.keys(contents), 'manifest.json'].sort();

let s3: ObjectStoreGround;
beforeAll(async () => (s3 = await openObjectStoreGround()));
afterAll(async () => s3.remove());

const made = async (): Promise<{ from: LocalStore; set: ListedSet }> => {
  const from = folder();
  return { from, set: await makeSealed(from) };
};

async function requireWhole(store: Store, set: ListedSet): Promise<void> {
  const found = await findBackup(store, trusted, set.id);
  const staged = await stageSet({ store, set: found, into: place() });
  expect(filesIn(staged.directory)).toMatchObject(contents);
}

const passed = {
  passed: true,
  scope: 'full',
  tests: [],
  restoreMs: 1,
  endedAt: '2027-01-01T00:00:00.000Z',
} as unknown as Verification;

describe.each([
  ['a folder to a folder', () => folder(), () => folder()],
  ['a folder to S3', () => folder(), () => s3.fresh('plain')],
  ['S3 to S3', () => s3.fresh('plain'), () => s3.fresh('versioned')],
  ['S3 to a folder', () => s3.fresh('plain'), () => folder()],
])('from %s', (_title, source, target) => {
  it('everything comes over and is listed, once; notes that come later follow', async () => {
    const { from: first, set } = await made();
    const from = source();
    await copySet({ from: first, to: from, set });
    const to = target();
    const seen: number[] = [];
    const bytes = set.manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const done = await copySet({ from, to, set, progress: (p) => seen.push(p.doneBytes ?? 0) });
    expect(done).toMatchObject({ files: names.length, skipped: 0 });
    expect(done.bytes).toBeGreaterThan(bytes);
    expect(seen.at(-1)).toBe(bytes);
    expect(await keysIn(to)).toEqual(names.map((name) => `${set.id}/${name}`).sort());
    await requireWhole(to, set);
    expect(await copySet({ from, to, set })).toEqual({
      files: names.length,
      bytes: 0,
      skipped: names.length,
    });
    await recordVerification(from, set, passed, signer);
    expect(await copySet({ from, to, set })).toMatchObject({
      files: names.length + 1,
      skipped: names.length,
    });
    expect(await lastVerification(to, set, trusted)).toMatchObject({ at: passed.endedAt });
  });

  it('what an interrupted copy brought is used; something else under a name is refused and named', async () => {
    const { from: first, set } = await made();
    const from = source();
    await copySet({ from: first, to: from, set });
    const to = target();
    const key = `${set.id}/orders/3001.dat`;
    await to.put(key, contents['orders/3001.dat']!);
    expect(await copySet({ from, to, set })).toMatchObject({ skipped: 1 });
    const wrong = target();
    await wrong.put(key, Buffer.alloc(300_000));
    const failure = await failureOf(copySet({ from, to: wrong, set }));
    expect(failure).toMatchObject({ reason: 'refused', message: expect.stringContaining(key) as string });
    expect((await listBackups(wrong, trusted)).sets).toEqual([]);
  });
});

it.each(['folder', 'plain', 'lockable'] as const)(
  'a source that is damaged is seen, and nothing of it lists or stays (%s)',
  async (kind) => {
    const { from, set } = await made();
    const path = join(from.directory, set.id, 'orders/3001.dat');
    chmodSync(path, 0o600);
    writeFileSync(path, Buffer.alloc(300_000, 1));
    const to = kind === 'folder' ? folder() : s3.fresh(kind);
    const lock = kind === 'lockable' ? { lockUntil: new Date(Date.now() + 60_000).toISOString() } : {};
    const failure = await failureOf(copySet({ from, to, set, ...lock }));
    expect(failure.reason).toBe('check');
    expect(failure.message).toContain('orders/3001.dat');
    expect(await keysIn(to)).not.toContain(`${set.id}/orders/3001.dat`);
    expect((await listBackups(to, trusted)).sets).toEqual([]);
  },
);

it('a lock is on every object, the manifest and the notes too; a folder cannot and says so', async () => {
  const { from, set } = await made();
  await recordVerification(from, set, passed, signer);
  const to = s3.fresh('lockable');
  const lockUntil = new Date(Math.ceil(Date.now() / 1000) * 1000 + 5000).toISOString();
  await copySet({ from, to, set, lockUntil });
  const keys = await keysIn(to);
  expect(keys).toHaveLength(names.length + 1);
  for (const key of keys) expect(Date.parse((await to.head(key))!.lockedUntil!)).toBe(Date.parse(lockUntil));
  expect(await failureOf(copySet({ from, to: folder(), set, lockUntil }))).toMatchObject({
    reason: 'unavailable',
  });
});

describe('a set of many parts', () => {
  const large = {
    'a.dat': randomBytes(23 * 1024 ** 2),
    'b.dat': randomBytes(12 * 1024 ** 2),
    'c.dat': randomBytes(1000),
  };
  const many = async () => {
    const from = folder();
    return { from, set: await makeSealed(from, [], large) };
  };
  const whole = async (to: Store, set: ListedSet) => {
    const staged = await stageSet({ store: to, set: await findBackup(to, trusted, set.id), into: place() });
    const there = filesIn(staged.directory);
    for (const [name, bytes] of Object.entries(large)) expect(there[name]!.equals(bytes)).toBe(true);
    await staged.release();
  };

  it.each([0.02, 0.3, 0.6, 0.97])(
    'whose copy is killed at %f of its bytes is listed only when the next one has completed it',
    async (part) => {
      const { from, set } = await many();
      const settings = s3.settings('plain', { partBytes: 5 * 1024 ** 2 });
      const to = openS3Store(settings);
      const child = engine(
        `import { copySet } from 'src:backup/index.ts';
       import { openLocalStore, openS3Store } from 'src:store/index.ts';
       await copySet({ from: openLocalStore(given.from), to: openS3Store(given.settings), set: given.set,
         progress: (p) => process.stdout.write(p.doneBytes / p.totalBytes + '\\n') });`,
        { from: from.directory, settings, set },
      );
      const gone = once(child, 'exit');
      let lines = '';
      child.stdout!.on('data', (chunk: Buffer) => {
        lines += commandLines();
        if (Number(chunk.toString().trim().split('\n').at(-1)) >= part) child.kill('SIGKILL');
      });
      const [, signal] = (await gone) as [number | null, string | null];
      if (part < 0.9) expect(signal).toBe('SIGKILL');
      if (!(await keysIn(to)).includes(`${set.id}/manifest.json`)) {
        expect((await listBackups(to, trusted)).sets).toEqual([]);
        await copySet({ from, to, set });
      }
      await whole(to, set);
      const secret = /secret_access_key = (\S+)/.exec(readFileSync(s3.server.adminCredentials, 'utf8'))![1]!;
      expect(lines).toContain('copySet');
      expect(lines).not.toContain(secret);
    },
  );

  it('is tried again when the store goes away and comes back; stays here when it does not', async () => {
    const { from, set } = await many();
    const to = s3.fresh('plain', { partBytes: 5 * 1024 ** 2, attempts: 1, requestTimeoutMs: 3000 });
    const stopped: Promise<void>[] = [];
    const said: string[] = [];
    const request = { from, to, set, output: (text: string | Uint8Array) => said.push(text.toString()) };
    const failing = copySet({
      ...{ ...request, attempts: 2 },
      progress: () => {
        if (stopped.length === 0) stopped.push(s3.server.stopGateway());
      },
    });
    const failure = await failureOf(failing);
    await Promise.all(stopped);
    expect(failure).toMatchObject({ reason: 'unavailable', retryable: true });
    expect(said.join('')).toContain('trying again');
    const secret = /secret_access_key = (\S+)/.exec(readFileSync(s3.server.adminCredentials, 'utf8'))![1]!;
    expect(`${failure.message} ${failure.hint ?? ''} ${failure.stack ?? ''} ${said.join()}`).not.toContain(
      secret,
    );
    expect((await listBackups(from, trusted)).sets).toHaveLength(1);
    const back: Promise<void>[] = [];
    await copySet({
      ...{ ...request, attempts: 12 },
      output: () => back.length > 0 || back.push(s3.server.startGateway()),
    });
    await Promise.all(back);
    await whole(to, set);
  });

  it('ends at once when it is cancelled, and nothing is listed', async () => {
    const { from, set } = await many();
    const to = s3.fresh('plain', { partBytes: 5 * 1024 ** 2 });
    const stop = new AbortController();
    const failure = await failureOf(
      copySet({ from, to, set, signal: stop.signal, progress: () => stop.abort() }),
    );
    expect(failure.reason).toBe('cancelled');
    expect((await listBackups(to, trusted)).sets).toEqual([]);
  });
});
