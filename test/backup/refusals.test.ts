import { chmod, cp, mkdir, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  generateSigningKey,
  isReceiving,
  listBackups,
  newestUsable,
  restoreBackup,
  setAside,
  signerFrom,
  startWalReceiver,
  stopWalReceiver,
  takeBackup,
  trustedKeys,
  verifySet,
  walContinuity,
} from '../../src/backup/index.js';
import {
  clusterState,
  readFingerprint,
  startCluster,
  stopCluster,
  textColumn,
} from '../../src/postgres/index.js';
import { openLocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { policy, setsIn, signer, trusted, useBackupGround, type PhysicalSet } from './ground.js';

describe('a bad backup is refused before anything is touched', () => {
  const on = useBackupGround();
  let set: PhysicalSet;

  beforeAll(async () => {
    await on.backup();
    const session = await on.session();
    // Enough log for some segments to lie between the backup and now.
    for (let i = 0; i < 3; i += 1)
      await session.query(`select pg_logical_emit_message(true, 'x', 'y'), pg_switch_wal()`);
    await on.backup();
    await session.end();
    set = (await setsIn(on.store))[1]!;
  });

  const restore = async (from: PhysicalSet, name: string, walDirectory = on.walDirectory) => {
    const into = await on.ground.place(name);
    const { tools } = on.ground;
    const request = {
      tools,
      set: from,
      walDirectory,
      into,
      until: 'latest' as const,
      isolate: true,
      passwordFrom: on.primary,
    };
    const failure = await failureOf(restoreBackup(request));
    expect(await clusterState(into)).toBe('absent');
    expect(existsSync(into.dataDirectory)).toBe(false);
    return failure;
  };

  /** A store that holds a copy of the newest two sets, to be hurt. */
  async function copyOfStore(name: string) {
    const store = openLocalStore(join(on.ground.directory, name));
    await cp(on.store.directory, store.directory, { recursive: true });
    const sets = await setsIn(store);
    return { store, newest: sets[0]!, older: sets[1]! };
  }

  async function copyOfWal(name: string): Promise<{ directory: string; segments: string[] }> {
    const directory = join(on.ground.directory, name);
    await cp(on.walDirectory, directory, { recursive: true });
    const segments = (await readdir(directory)).filter((file) => /^[0-9A-F]{24}$/.test(file)).sort();
    return { directory, segments };
  }

  async function flipByte(path: string): Promise<void> {
    await chmod(path, 0o600);
    const file = await open(path, 'r+');
    const at = Math.floor((await file.stat()).size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.from([buffer.readUInt8(0) ^ 1]), 0, 1, at);
    await file.close();
  }

  it('notices one flipped bit, and falls back to the set before', async () => {
    const { store, newest, older } = await copyOfStore('flipped');
    await flipByte(join(newest.directory, 'base.tar.zst'));
    const failure = await restore(newest, 'from-flipped');
    expect(failure).toMatchObject({ reason: 'check' });
    expect(failure.message).toContain('base.tar.zst has another SHA-256');
    const chosen = await newestUsable({ store, trusted, walDirectory: on.walDirectory });
    expect(chosen.set.id).toBe(older.id);
    expect(chosen.rejected).toMatchObject([{ id: newest.id }]);
    const { tools } = on.ground;
    const scratch = await on.ground.place('scratch');
    const verified = await verifySet({
      full: true,
      stagingDirectory: join(on.ground.directory, 'staging'),
      tools,
      store,
      set: newest,
      trusted,
      walDirectory: on.walDirectory,
      scratch,
      passwordFrom: on.primary,
    });
    expect(verified.tests.map((test) => test.verdict)).toEqual(
      ['fail', 'not-run', 'fail', 'not-run', 'not-run', 'not-run', 'not-run', 'not-run'].map((v, i) =>
        i === 2 ? verified.tests[2]!.verdict : v,
      ),
    );
    expect(verified.passed).toBe(false);
  });

  it('reads an archive to its end: a cut one is not usable even if its manifest agreed', async () => {
    const { store, newest, older } = await copyOfStore('cut');
    for (const one of [newest, older]) {
      const path = join(one.directory, 'base.tar.zst');
      await chmod(path, 0o600);
      await truncate(path, 100_000);
    }
    const failure = await failureOf(newestUsable({ store, trusted, walDirectory: on.walDirectory }));
    expect(failure.message).toContain('base.tar.zst has 100000 bytes instead of');
    expect(failure.message).toContain(older.id);
  });

  it('names the segment that is missing in the middle of the log', async () => {
    const { directory, segments } = await copyOfWal('wal-gap');
    const missing = segments.at(-3)!;
    await rm(join(directory, missing));
    const failure = await failureOf(
      newestUsable({
        store: on.store,
        trusted,
        walDirectory: directory,
        before: set.manifest.times.engineEnded.replace(/Z$/, '1Z'),
      }),
    );
    expect(failure.reason).toBe('check');
    const refused = await restore(set, 'from-gap', directory);
    expect(refused.message).toContain(missing);
  });

  it('does not take a segment of another place, system or size for the right one', async () => {
    const { directory, segments } = await copyOfWal('wal-wrong');
    const { server, wal } = set.manifest;
    const ask = async () =>
      walContinuity({
        directory,
        timeline: 1,
        fromLsn: wal.startLsn,
        segmentBytes: server.walSegmentBytes,
        systemIdentifier: server.systemIdentifier,
      });
    expect(await ask()).toMatchObject({ unbroken: true, timeline: 1 });
    await cp(join(directory, segments.at(-1)!), join(directory, segments.at(-2)!));
    expect((await ask()).problem).toBe(`segment ${segments.at(-2)!} holds another part of the WAL`);
    await truncate(join(directory, segments.at(-2)!), 8192);
    expect((await ask()).problem).toContain('has 8192 bytes instead of');
    const foreign = walContinuity({
      directory: on.walDirectory,
      timeline: 1,
      fromLsn: wal.startLsn,
      segmentBytes: server.walSegmentBytes,
      systemIdentifier: '1',
    });
    expect((await foreign).problem).toContain('belongs to system');
  });

  it('does not take a damaged record for the end of the log', async () => {
    const { directory, segments } = await copyOfWal('wal-damaged');
    const file = await open(join(directory, segments.at(-3)!), 'r+');
    await file.write(Buffer.alloc(200, 0xff), 0, 200, 45);
    await file.close();
    const failure = await restore(set, 'from-damaged', directory);
    expect(failure.message).toMatch(/recovery ended at .* but the WAL goes on|failed/);
  });

  it('does not take an unreadable archive for the end of the log', async () => {
    const { directory, segments } = await copyOfWal('wal-unreadable');
    const path = join(directory, segments.at(-2)!);
    await rename(path, `${path}.real`);
    await mkdir(path);
    const { server, wal } = set.manifest;
    const ask = walContinuity({
      directory,
      timeline: 1,
      fromLsn: wal.startLsn,
      segmentBytes: server.walSegmentBytes,
    });
    expect((await ask).unbroken).toBe(false);
  });

  it('says that a target was never reached, and leaves nothing', async () => {
    const into = await on.ground.place('unreached');
    const { tools } = on.ground;
    const request = {
      tools,
      set,
      walDirectory: on.walDirectory,
      into,
      isolate: true,
      passwordFrom: on.primary,
    };
    const failure = await failureOf(restoreBackup({ ...request, until: { xid: '900000000' } }));
    expect(failure.message).toContain('recovery ended before configured recovery target was reached');
    expect(existsSync(into.dataDirectory)).toBe(false);
    expect((await failureOf(restoreBackup({ ...request, until: { lsn: '0/1' } }))).reason).toBe('refused');
    expect(
      (await failureOf(restoreBackup({ ...request, until: { time: '2001-01-01T00:00:00Z' } }))).reason,
    ).toBe('refused');
  });

  it('refuses a folder that is not empty', async () => {
    const into = await on.ground.place('full');
    await mkdir(into.dataDirectory, { recursive: true });
    await writeFile(join(into.dataDirectory, 'precious'), 'x');
    const { tools } = on.ground;
    const request = {
      tools,
      set,
      walDirectory: on.walDirectory,
      into,
      until: 'latest' as const,
      isolate: true,
      passwordFrom: on.primary,
    };
    expect((await failureOf(restoreBackup(request))).reason).toBe('refused');
    expect(await readdir(into.dataDirectory)).toEqual(['precious']);
  });

  it('never lists a set that is not finished, has no manifest, a changed one, or one signed by nobody known', async () => {
    const { store, newest, older } = await copyOfStore('half');
    await rename(newest.directory, `${newest.directory}.partial`);
    const manifest = join(older.directory, 'manifest.json');
    await chmod(manifest, 0o600);
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace('"rows":500', '"rows":501'));
    const listing = await listBackups(store, trusted);
    expect(listing.sets).toEqual([]);
    expect(Object.fromEntries(listing.broken.map((one) => [one.id, one.problem]))).toEqual({
      [`${newest.id}.partial`]: 'it was never finished',
      [older.id]: `the signature of its manifest by key ${signer.keyId} is wrong`,
    });
    await writeFile(manifest, text);
    const stranger = trustedKeys(generateSigningKey().publicKey);
    expect((await listBackups(store, stranger)).broken.find((one) => one.id === older.id)?.problem).toContain(
      'unknown key',
    );
    await rm(manifest);
    expect((await listBackups(store, trusted)).sets).toEqual([]);
  });

  it('leaves nothing of a backup that was cancelled or failed', async () => {
    const store = openLocalStore(join(on.ground.directory, 'cancelled'));
    const controller = new AbortController();
    const { tools } = on.ground;
    const common = {
      tools,
      location: on.primary,
      store,
      policy,
      kind: 'physical' as const,
      source: 'test',
      walDirectory: on.walDirectory,
    };
    const taking = takeBackup({
      ...common,
      signer,
      signal: controller.signal,
      output: () => controller.abort(),
    });
    expect((await failureOf(taking)).reason).toBe('cancelled');
    expect(await readdir(store.directory)).toEqual([]);
    const unknown = {
      ...common,
      policy: { staticTables: ['no_such_table'], appendOnly: {} },
      signer: signerFrom(generateSigningKey().privateKey),
    };
    expect((await failureOf(takeBackup(unknown))).message).toContain('no_such_table');
    expect(await readdir(store.directory)).toEqual([]);
  });

  it('goes on without a gap after the receiver was killed', async () => {
    const receiver = await startWalReceiver({
      tools: on.ground.tools,
      location: on.primary,
      directory: on.walDirectory,
      slot: 'drill',
    });
    process.kill(receiver.pid, 'SIGKILL');
    await expect.poll(async () => isReceiving(on.walDirectory)).toBe(false);
    const session = await on.session();
    await session.query(`insert into canary(id) values (3000000)`);
    await session.query('select pg_switch_wal()');
    await session.query(`insert into canary(id) values (3000001)`);
    const again = await startWalReceiver({
      tools: on.ground.tools,
      location: on.primary,
      directory: on.walDirectory,
      slot: 'drill',
    });
    expect(again.pid).not.toBe(receiver.pid);
    const [row] = await session.query('select pg_current_wal_flush_lsn()::text as lsn');
    await session.end();
    const { server, wal } = set.manifest;
    const ask = async () =>
      walContinuity({
        directory: on.walDirectory,
        timeline: 1,
        fromLsn: wal.startLsn,
        segmentBytes: server.walSegmentBytes,
        toLsn: textColumn(row, 'lsn'),
      });
    await expect.poll(async () => (await ask()).unbroken).toBe(true);
    await stopWalReceiver(on.walDirectory);
    expect(await isReceiving(on.walDirectory)).toBe(false);
    await startWalReceiver({
      tools: on.ground.tools,
      location: on.primary,
      directory: on.walDirectory,
      slot: 'drill',
    });
  });

  it('sets a cluster aside by its name alone, and never over something', async () => {
    const cluster = await on.ground.cluster('aside');
    const { inode } = await readFingerprint(cluster);
    const to = `${cluster.dataDirectory}.old`;
    await mkdir(to);
    expect((await failureOf(setAside(on.ground.tools, cluster, to))).reason).toBe('refused');
    expect(await clusterState(cluster)).toBe('running');
    await rm(to, { recursive: true });
    expect((await failureOf(setAside(on.ground.tools, cluster, '/dev/shm/fd-aside-test'))).reason).toBe(
      'refused',
    );
    const aside = await setAside(on.ground.tools, cluster, to);
    expect([aside.stoppedBy, aside.clean]).toEqual(['fast', true]);
    expect(await clusterState(cluster)).toBe('absent');
    await startCluster(on.ground.tools, aside.location);
    expect((await readFingerprint(aside.location)).inode).toBe(inode);
    await stopCluster(on.ground.tools, aside.location);
  });

  it('waits for a fast stop while a WAL stream is behind, and says when the stop was not a clean one', async () => {
    const { tools } = on.ground;
    const cluster = await on.ground.cluster('slow', { wal_sender_timeout: '0' });
    const directory = join(on.ground.directory, 'slow-wal');
    const receiver = await startWalReceiver({ tools, location: cluster, directory, slot: 'slow' });
    try {
      // A receiver that answers nothing: the server stays up until it does.
      process.kill(receiver.pid, 'SIGSTOP');
      await on.ground.withSession(cluster, async (session) =>
        session.query('create table late as select generate_series(1, 1000) i'),
      );
      const started = performance.now();
      const said: string[] = [];
      const say = (line: string) => said.push(line);
      const cut = await setAside(tools, cluster, `${cluster.dataDirectory}.cut`, undefined, 4000, say);
      expect(performance.now() - started).toBeGreaterThan(4000);
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(
        /^still stopping: the server waits for slow, which has confirmed (\S+) of (?!\1)\S+ .*it is given up never$/,
      );
      expect([cut.stoppedBy, cut.clean]).toEqual(['immediate', false]);
    } finally {
      process.kill(receiver.pid, 'SIGCONT');
      await stopWalReceiver(directory);
    }
    const sound = await on.ground.cluster('sound');
    const streaming = join(on.ground.directory, 'sound-wal');
    const behind = await startWalReceiver({ tools, location: sound, directory: streaming, slot: 'sound' });
    process.kill(behind.pid, 'SIGSTOP');
    await on.ground.withSession(sound, async (session) =>
      session.query('create table late as select generate_series(1, 1000) i'),
    );
    const asked = performance.now();
    const waiting = setAside(tools, sound, `${sound.dataDirectory}.old`);
    // Longer than the stop was once given, and less than the server gives the stream.
    await new Promise((resolve) => setTimeout(resolve, 17_000));
    process.kill(behind.pid, 'SIGCONT');
    const done = await waiting;
    await stopWalReceiver(streaming);
    expect(performance.now() - asked).toBeGreaterThan(17_000);
    expect([done.stoppedBy, done.clean]).toEqual(['fast', true]);
  }, 60_000);
});
