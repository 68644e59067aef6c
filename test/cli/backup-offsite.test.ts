import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planPrune, prune, trustedKeys } from '../../src/backup/index.js';
import { openS3Store, type S3Settings } from '../../src/store/index.js';
import { expectExit, runProgram } from '../end-to-end/support/run-program.js';
import { sleep } from '../end-to-end/support/sleep.js';
import { eventually } from '../lab/lab-fixture.js';
import { all } from '../store/contract.js';
import { openObjectStoreGround, type ObjectStoreGround } from '../store/object-store-ground.js';
import { makeBackupProgramme, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
let bucket: ObjectStoreGround;
beforeAll(async () => {
  [programme, bucket] = await Promise.all([makeBackupProgramme(), openObjectStoreGround()]);
});
afterAll(async () => {
  await programme.remove();
  await bucket.remove();
});

const prefix = 'offsite';
const settings = (): S3Settings => bucket.settings('plain', { prefix, partBytes: 5 * 1024 ** 2 });
const offsite = (endpoint = bucket.server.endpoint, timeout = '2s') =>
  `  offsite: {kind: s3, bucket: plain, prefix: ${prefix}, region: us-east-1, endpoint: "${endpoint}", credentials: {file: ${bucket.server.adminCredentials}}, requestTimeout: ${timeout}}`;
const policies =
  '  hourly: {way: physical, store: main, copies: [offsite], interval: 1h, verify: {rpo: 1h, canary: {table: canary, column: at}}}';
const declare = (stores = offsite()) => programme.declare({ stores, policies });

/** Somebody who sees the copy alone. */
async function alone(...args: string[]): Promise<Record<string, unknown>> {
  const directory = programme.at('alone');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'firedrill.yaml'),
    `apiVersion: firedrill/v1
kind: Configuration
programme: {name: Alone}
environments:
  alone:
    kind: declared
    database: {host: 127.0.0.1, port: ${programme.primary.port}, name: rides, user: admin, passfile: ${programme.primary.passfile ?? ''}}
    fingerprint: {systemIdentifier: "7412345678901234567", host: 127.0.0.1, port: ${programme.primary.port}}
    store: offsite
    signing: {trustFiles: [${programme.at('host.pub')}]}
    policy: {}
stores:
  nothing-here: {kind: local, directory: ${programme.at('nothing')}}
${offsite()}
policies:
  hourly: {environment: alone, way: physical, store: nothing-here, copies: [offsite], interval: 1h}
`,
  );
  const ended = await runProgram(['--directory', directory, '--format', 'json', ...args]);
  expectExit(ended, 0);
  return (JSON.parse(ended.stdout) as { data: Record<string, unknown> }).data;
}
const verifiedAlone = async () =>
  ((await alone('backups', '--store', 'offsite'))['sets'] as { verified: unknown }[]).map(
    (one) => one.verified,
  );

test('a verification is known to whoever sees the copy alone', async () => {
  declare();
  expectExit(await programme.run('--quiet', 'backup'), 0);
  expect(await verifiedAlone()).toEqual([null]);
  const first = await programme.run('verify', '--full');
  expectExit(first, 0);
  expect(first.stdout).toContain('the note is in offsite too');
  expect(await verifiedAlone()).toEqual([expect.objectContaining({ at: expect.any(String) as string })]);
  const plan = (await alone('prune', '--dry-run'))['stores'] as {
    store: string;
    plan: { warnings: string[]; sets: { verifiedAt: string | null }[] };
  }[];
  const there = plan.find((one) => one.store === 'offsite')?.plan;
  expect(there?.warnings).toEqual([]);
  expect(there?.sets.map((one) => one.verifiedAt)).toEqual([expect.any(String)]);
});

test('a copy that is down is a warning, no lie, and learns of the verification with the next backup', async () => {
  declare();
  expectExit(await programme.run('--quiet', 'backup'), 0);
  await bucket.server.stopGateway();
  let second;
  try {
    second = await programme.run('verify', '--full', '--store', 'main');
  } finally {
    await bucket.server.startGateway();
  }
  expectExit(second, 0);
  expect(second.stdout).toMatch(
    /warning: store offsite does not know of it: .*nothing listens there.*firedrill backup hourly --wal-only/,
  );
  expect(second.stdout).not.toContain('the note is in offsite');
  expect((await verifiedAlone())[0]).toBeNull();
  expectExit(await programme.run('--quiet', 'backup', '--wal-only'), 0);
  expect((await verifiedAlone())[0]).not.toBeNull();
});

/** Begins to send a file, and is killed after its first part. */
async function interruptedUpload(key: string): Promise<string> {
  const file = programme.at(`part-${randomBytes(3).toString('hex')}`);
  writeFileSync(file, randomBytes(12 * 1024 ** 2));
  const at = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(
    process.execPath,
    [
      ...[
        '--import',
        at('../executor/fixtures/resolve-ts.mjs'),
        at('../store/fixtures/use-store.ts'),
        'upload',
      ],
      ...[JSON.stringify(settings()), key, file, String(5 * 1024 ** 2)],
    ],
    { stdio: 'ignore' },
  );
  const by = await new Promise((ended) => child.once('exit', (_, signal) => ended(signal)));
  expect(by).toBe('SIGKILL');
  return file;
}

test('parts that nobody goes on with are listed and removed by prune; young ones, other programs’ and those gone on with are not', async () => {
  declare();
  const store = openS3Store(settings());
  const ours = '2027-01-01T000000Z-physical-00aa11/base.tar';
  const others = ['another-program/large.bin', 'top-level.bin'];
  const file = await interruptedUpload(ours);
  for (const key of others) await interruptedUpload(key);
  const uploads = async () => (await store.staleUploads(0)).map((one) => one.key).sort();
  expect(await uploads()).toEqual([ours, ...others].sort());
  // The built program leaves what was touched within its three days.
  const dry = await programme.run('prune', '--dry-run');
  expectExit(dry, 0);
  expect(dry.stdout).not.toContain('unfinished upload');
  expectExit(await programme.run('prune'), 0);
  expect(await uploads()).toEqual([ours, ...others].sort());

  const request = {
    ...{ store, trusted: trustedKeys(), now: new Date(), retention: { keep: 1, forMs: 0 }, uploadsStayMs: 0 },
  };
  const plan = await planPrune(request);
  expect(plan.uploads).toMatchObject([{ key: ours, bytes: expect.any(Number) as number }]);
  expect(await uploads()).toHaveLength(3);
  // Between looking and now somebody has gone on with it, and finished.
  expect((await store.putFile(ours, file)).bytes).toBe(12 * 1024 ** 2);
  expect((await planPrune(request)).uploads).toEqual([]);
  expect(
    await prune(store, { ...plan, sets: [], unfinished: [], wal: { ...plan.wal, keys: [] } }),
  ).toMatchObject({
    left: [],
  });
  expect((await store.head(ours))?.bytes).toBe(12 * 1024 ** 2);

  const again = '2027-01-01T000000Z-physical-00aa11/other.tar';
  await interruptedUpload(again);
  expect(await prune(store, await planPrune(request))).toMatchObject({ uploads: 1, left: [] });
  expect(await uploads()).toEqual([...others].sort());
  for (const { key, uploadId } of await store.staleUploads(0)) await store.abortUpload(key, uploadId);
  for (const { key } of await all(store.list('2027'))) await store.delete(key);
});

test('the newest set that could be seen is verified with a warning where a store was silent', async () => {
  declare(offsite('http://127.0.0.1:1'));
  const ended = await programme.run('verify');
  expectExit(ended, 0);
  expect(ended.stdout).toMatch(/warning: store offsite could not be read: .*; a newer set may lie there/);
});

test('Ctrl-C ends what waits for a gateway that does not answer', async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  declare(offsite(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, '60s'));
  try {
    for (const args of [['backups'], ['prune', '--dry-run'], ['prune'], ['verify', '--store', 'offsite']]) {
      const before = sockets.size;
      const running = programme.start(...args);
      running.endInput();
      await eventually('a request', () => sockets.size > before);
      const startedAt = performance.now();
      running.signal('SIGINT');
      const ended = await Promise.race([running.ended, sleep(30_000).then(() => null)]);
      if (ended === null) running.signal('SIGKILL');
      expect(ended, `${args.join(' ')} went on for 30 s`).not.toBeNull();
      expect(
        ended?.code,
        `${args.join(' ')} after ${performance.now() - startedAt} ms: ${ended?.stderr}`,
      ).toBe(130);
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});
