import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  chmodSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isAlive } from '../../src/children/index.js';
import { objectStoreTools, startObjectStore, stopObjectStore } from '../../src/lab/index.js';
import { openS3Store } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';

const directory = mkdtempSync(join(tmpdir(), 'fd-objects-'));
chmodSync(directory, 0o711);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const parts = ['monitor', 'storage', 'gateway'] as const;

test('several run at once, each by itself, and leave no process and no folder', async () => {
  const stores = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      startObjectStore({ directory: join(directory, name), storageClasses: ['STANDARD_IA'] }),
    ),
  );
  const processes = stores.flatMap((store) => parts.map((what) => store.process(what)!));
  try {
    expect(new Set(stores.map((store) => store.endpoint)).size).toBe(3);
    for (const store of stores) {
      await store.createBucket({ name: 'bucket', lock: { defaultDays: 1 }, writer: true });
      for (const file of [store.adminCredentials, store.writerCredentials]) {
        expect(statSync(file).mode & 0o777).toBe(0o600);
        const secret = /secret_access_key = (\S+)/.exec(readFileSync(file, 'utf8'))![1]!;
        for (const what of parts) {
          const { pid } = store.process(what)!;
          expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(secret);
          expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(secret);
        }
      }
      const bucket = openS3Store({
        bucket: 'bucket',
        region: store.region,
        endpoint: store.endpoint,
        pathStyle: true,
        credentials: { kind: 'file', path: store.writerCredentials },
        storageClass: 'STANDARD_IA',
        checksums: 'when-required',
      });
      await bucket.put('key', Buffer.from(store.endpoint));
      expect(await bucket.head('key')).toMatchObject({ storageClass: 'STANDARD_IA', lockMode: 'compliance' });
    }
  } finally {
    // One of them as after the death of its starter: by its folder alone.
    await Promise.all(
      stores.map((store, at) => (at === 0 ? stopObjectStore(store.directory) : store.stop())),
    );
  }
  expect(processes.filter(isAlive)).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test('neither starts in nor removes a folder that holds something else', async () => {
  const foreign = join(directory, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'precious'), 'x');
  expect((await failureOf(startObjectStore({ directory: foreign }))).reason).toBe('refused');
  await stopObjectStore(foreign);
  expect(readdirSync(foreign)).toEqual(['precious']);
});

test('says which programs are missing, and what to type', async () => {
  expect(await objectStoreTools()).toMatchObject({ missing: [], hint: null });
  const tools = await objectStoreTools([join(directory, 'nowhere')]);
  expect(tools.missing).toContain('radosgw');
  expect(tools.hint).toContain('apt-get install');
  expect(() => tools.path('radosgw')).toThrow('programs of the object store are missing');
});
