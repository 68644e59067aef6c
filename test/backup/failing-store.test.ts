import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copySet,
  fileProblems,
  findBackup,
  holdStore,
  inFolder,
  lastVerification,
  listBackups,
  planPrune,
  stageSet,
  type ListedSet,
} from '../../src/backup/index.js';
import { openS3Store, type LocalStore, type Store } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openCuttingProxy } from '../store/cutting-proxy.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { expectHelp } from './failing-ground.js';
import { filesIn, makeSealed, openLocalStore, trusted, useFolder } from './sealed-ground.js';

const directory = useFolder('failing-store');
const partBytes = 5 * 1024 ** 2;
const large = {
  'a.dat': randomBytes(17 * 1024 ** 2),
  'b.dat': randomBytes(6 * 1024 ** 2),
  'c.dat': randomBytes(100),
};
let count = 0;
const place = () => join(directory, String((count += 1)));

let s3: ObjectStoreGround;
let from: LocalStore;
let set: ListedSet;
beforeAll(async () => {
  s3 = await openObjectStoreGround();
  from = openLocalStore(place());
  set = await makeSealed(from, [], large);
});
afterAll(async () => s3.remove());

/** The local copy is as it was, and nothing half-made is listed in the other store. */
async function requireOnlyHere(to: Store): Promise<void> {
  expect((await listBackups(from, trusted)).sets.map(({ id }) => id)).toEqual([set.id]);
  expect(await fileProblems(inFolder(from, set).directory, set.manifest.files)).toEqual([]);
  expect((await listBackups(to, trusted)).sets).toEqual([]);
}

async function requireWhole(to: Store): Promise<void> {
  const staged = await stageSet({ store: to, set: await findBackup(to, trusted, set.id), into: place() });
  const there = filesIn(staged.directory);
  for (const [name, bytes] of Object.entries(large)) expect(there[name]!.equals(bytes)).toBe(true);
  await staged.release();
}

describe('a copy to S3 that is interrupted', () => {
  it.each([1, 2, 3, 4, 5])(
    'when its part %i has arrived and the gateway dies stays here, and the next one completes it with what is there',
    async (part) => {
      const settings = s3.settings('plain', { partBytes, attempts: 1, requestTimeoutMs: 2000 });
      const to = openS3Store(settings);
      let seen = 0;
      const proxy = await openCuttingProxy(s3.server.endpoint, (line) => {
        if (/^PUT .*partNumber=/.test(line)) seen += 1;
        // That part was stored, and from then on nobody answers any more.
        return seen >= part ? 0 : null;
      });
      const failing = openS3Store({ ...settings, endpoint: proxy.endpoint });
      const failure = await failureOf(copySet({ from, to: failing, set, attempts: 1 }));
      await proxy.close();
      expect(failure).toMatchObject({ reason: 'unavailable', retryable: true });
      expectHelp(failure, /cannot be reached/, /curl/);
      await requireOnlyHere(to);
      await copySet({ from, to, set });
      await requireWhole(to);
    },
  );

  it('when the gateway is stopped before the manifest is there lists nothing; started again, it is completed', async () => {
    const to = s3.fresh('plain', { partBytes, attempts: 1, requestTimeoutMs: 2000 });
    const stopped: Promise<void>[] = [];
    const failure = await failureOf(
      copySet({
        ...{ from, to, set, attempts: 1 },
        progress: ({ doneBytes = 0 }) => {
          if (doneBytes > 12 * 1024 ** 2 && stopped.length === 0) stopped.push(s3.server.stopGateway());
        },
      }),
    );
    await Promise.all(stopped);
    expect(stopped).toHaveLength(1);
    expectHelp(failure, /cannot be reached/, /nothing listens there|connection failed|in time/);
    await s3.server.startGateway();
    await requireOnlyHere(to);
    await copySet({ from, to, set });
    await requireWhole(to);
  });
});

it('a bucket without object lock says so when a lock is asked for, whatever the size, and keeps nothing', async () => {
  const lockUntil = new Date(Date.now() + 60_000).toISOString();
  for (const files of [large, { 'small.dat': randomBytes(10) }]) {
    const source = openLocalStore(place());
    const one = await makeSealed(source, [], files);
    const to = s3.fresh('plain', { partBytes });
    const failure = await failureOf(copySet({ from: source, to, set: one, lockUntil }));
    expect(failure).toMatchObject({ reason: 'unavailable', retryable: false });
    expectHelp(
      failure,
      /bucket plain cannot lock .*object lock is not enabled/,
      /take `lock` out of this store/,
    );
    expect((await listBackups(to, trusted)).sets).toEqual([]);
    expect(await to.folders('')).toEqual([]);
  }
});

describe('an S3 server that does not answer', () => {
  /** Accepts, reads, and says nothing; or says a little and stops. */
  async function silentServer(answer: string): Promise<{ endpoint: string; close(): Promise<void> }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => answer !== '' && socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  it.each([
    ['never', ''],
    ['with half a header', 'HTTP/1.1 200 OK\r\nContent-Le'],
    [
      'with a header and no body',
      'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 1000\r\n\r\n<',
    ],
  ])('%s: every call ends within its time, and says so', async (_how, answer) => {
    const silent = await silentServer(answer);
    const limits = { requestTimeoutMs: 700, attempts: 1 };
    const to = openS3Store(s3.settings('plain', { endpoint: silent.endpoint, ...limits }));
    const startedAt = performance.now();
    const failures = await Promise.all([
      failureOf(copySet({ from, to, set, attempts: 1 })),
      failureOf(listBackups(to, trusted)),
      failureOf(stageSet({ store: to, set, into: place() })),
      failureOf(to.head('key').then(async () => (await to.get('key')).toArray())),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    for (const failure of failures) {
      expect(failure.reason).toBe('unavailable');
      expectHelp(failure);
    }
    await silent.close();
    expect(await fileProblems(inFolder(from, set).directory, set.manifest.files)).toEqual([]);
  });

  it('keeps no cancellation waiting', async () => {
    const silent = await silentServer('');
    const to = openS3Store(s3.settings('plain', { endpoint: silent.endpoint, requestTimeoutMs: 60_000 }));
    const startedAt = performance.now();
    const signal = AbortSignal.timeout(300);
    const held = { work: 'prune', purpose: 'pruning', signal } as const;
    const retention = { keep: 1, forMs: 0 };
    const read = async (objects: AsyncIterable<unknown>) => {
      for await (const one of objects) expect(one).toBeUndefined();
    };
    const failures = await Promise.all(
      [
        copySet({ from, to, set, signal }),
        listBackups(to, trusted, signal),
        lastVerification(to, set, trusted, signal),
        holdStore(to, held),
        planPrune({ store: to, trusted, retention, now: new Date(), signal }),
        to.folders('', signal),
        read(to.list('', signal)),
        read(to.versions('', signal)),
        to.delete('key', signal),
      ].map(failureOf),
    );
    expect(failures.map((one) => one.reason)).toEqual(failures.map(() => 'cancelled'));
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await silent.close();
  });
});
