import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex, type JsonObject } from '../../src/base/index.js';
import {
  bothRegions,
  cutDoor,
  describeLab,
  fenceRegion,
  isLabReceiving,
  labSlot,
  labStore,
  liftFence,
  lookAtFence,
  passfileOf,
  probeRegion,
  sampleRoles,
  storeOfB,
  throughDoor,
  trafficTarget,
  writeAsClient,
  type Lab,
} from '../../src/lab/index.js';
import {
  connectTo,
  replicationLag,
  runTool,
  toolEnvironment,
  withSession,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import type { LocalStore } from '../../src/store/index.js';
import { eventually, makeTestLab, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let a: ClusterLocation;
let b: ClusterLocation;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.01, protect: true, regions: 2 });
  lab = test.lab;
  ({ a, b } = bothRegions(lab));
});
afterAll(async () => expect(await test.down()).toEqual([]));

const query = (at: ClusterLocation, sql: string) =>
  withSession(at, {}, async (session) => session.query(sql));
const clients = () => throughDoor(lab, a, 'clients');
const probe = () => probeRegion(lab, { attempts: 3, timeoutMs: 1000, signal: new AbortController().signal });

/** Every object of a store with the hash of its content. */
async function contentOf(store: LocalStore): Promise<JsonObject> {
  const found: { [key: string]: string } = {};
  for await (const { key } of store.list(''))
    found[key] = sha256Hex(readFileSync(`${store.directory}/${key}`));
  return found;
}

describe('a lab with two regions', () => {
  it('has a standby in region B that follows region A through the line between them, asynchronously', async () => {
    const { names, clusters } = lab.state();
    expect(names.standby).toBe(b.dataDirectory);
    expect(clusters.map((one) => one.location.port)).not.toContain(clients().port);
    await query(a, `insert into public.application_status values ('regions', clock_timestamp())`);
    await eventually('the row in region B', async () => {
      const rows = await query(b, `select 1 from public.application_status where host = 'regions'`);
      return rows.length === 1;
    });
    const lag = await withSession(a, {}, replicationLag);
    expect(lag).toMatchObject({
      synchronous: false,
      said: expect.stringContaining('asynchronous') as string,
    });
    expect(lag.receivers.map((one) => one.name)).toEqual([labSlot, 'region_b']);
    const [receiver] = await query(b, 'select sender_port from pg_stat_wal_receiver');
    expect(receiver).toEqual({ sender_port: throughDoor(lab, a, 'link').port });
    const said = await describeLab(lab.directory);
    expect(said?.clusters.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
      'primary running',
      'standby running',
    ]);
  });

  it('has a slot for the receiver of the log on the standby, before any promotion', async () => {
    const slots = await query(
      b,
      'select slot_name, restart_lsn is not null as kept from pg_replication_slots',
    );
    expect(slots).toEqual([{ slot_name: labSlot, kept: true }]);
    expect(await isLabReceiving(lab)).toBe(true);
  });

  it('keeps in each region a store with the same backup, byte for byte', async () => {
    const here = await contentOf(labStore(lab));
    expect(Object.keys(here).some((key) => key.endsWith('/base.tar.zst'))).toBe(true);
    expect(await contentOf(storeOfB(lab))).toEqual(here);
    expect(storeOfB(lab).directory).not.toBe(labStore(lab).directory);
  });

  it('sends clients through its network, and administrators past it', async () => {
    const said = JSON.parse(readFileSync(lab.paths.traffic, 'utf8')) as { location: { port: number } };
    expect(said.location.port).toBe(clients().port);
    expect(trafficTarget(lab)).toEqual(a);
    expect(await writeAsClient(lab, clients(), 'test', 5000)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('a line between the regions that breaks', () => {
  it('looks from region B like a lost region, and from a third place like what it is', async () => {
    const before = await probe();
    expect(before.fromB.map((one) => one.works)).toEqual([true, true, true]);
    expect(before.third.answers).toBe(true);
    await cutDoor(lab, 'link');
    const cut = await probe();
    expect(cut.fromB.map((one) => one.works)).toEqual([false, false, false]);
    expect(cut.third.answers).toBe(true);
    expect(await writeAsClient(lab, clients(), 'test', 5000)).toMatchObject({ outcome: 'accepted' });
  });

  it('holds region B back, and lets it catch up when it is mended', async () => {
    await query(a, `insert into public.application_status values ('while cut', clock_timestamp())`);
    const there = async () =>
      (await query(b, `select 1 from public.application_status where host = 'while cut'`)).length === 1;
    expect(await there()).toBe(false);
    await cutDoor(lab, 'link', false);
    await eventually('the row in region B', there);
    expect((await probe()).fromB.map((one) => one.works)).toEqual([true, true, true]);
  });
});

describe('the fence', () => {
  it('turns every client away in words, cuts open connections, and shuts region B out as well', async () => {
    const inside = await connectTo(clients());
    expect(await lookAtFence(lab)).toMatchObject({ holds: false, epoch: null, said: 'a client was let in' });
    const fence = await fenceRegion(lab, 'tried out');
    expect(fence.epoch).toBe(1);
    expect(await fenceRegion(lab, 'a second time')).toEqual(fence);
    await expect(inside.query('select 1')).rejects.toMatchObject({ reason: 'unavailable' });
    await inside.end();
    expect(await lookAtFence(lab)).toMatchObject({
      ...{ holds: true, epoch: 1, awake: true },
      said: expect.stringMatching(/region A is fenced \(epoch 1\): tried out \[SQLSTATE 28000\]$/) as string,
    });
    for (const door of ['clients', 'link'] as const)
      expect(await writeAsClient(lab, throughDoor(lab, a, door), 'test', 5000)).toMatchObject({
        outcome: 'refused',
      });
    expect(() => trafficTarget(lab)).toThrow(/points nowhere/);
    expect(await isLabReceiving(lab)).toBe(false);
    expect(labStore(lab).directory).toBe(storeOfB(lab).directory);
  });

  it('speaks the protocol of PostgreSQL to its own client program, which asks for encryption first', () => {
    const at = {
      ...clients(),
      user: sampleRoles.application,
      passfile: passfileOf(lab.paths, 'application'),
    };
    const { stderr, status } = spawnSync(lab.tools.path('psql'), ['-w', '-c', 'select 1'], {
      encoding: 'utf8',
      env: { ...toolEnvironment(at), PGSSLMODE: 'prefer' },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('FATAL:  region A is fenced (epoch 1): tried out');
  });

  it('lets region A back in while region B is still its standby, and counts the next one higher', async () => {
    await liftFence(lab);
    expect(trafficTarget(lab)).toEqual(a);
    expect(await lookAtFence(lab)).toMatchObject({ holds: false, epoch: null });
    expect(await writeAsClient(lab, clients(), 'test', 5000)).toMatchObject({ outcome: 'accepted' });
    expect((await fenceRegion(lab, 'again')).epoch).toBe(2);
  });

  it('is not lifted once region B takes writes', async () => {
    await runTool(lab.tools, 'pg_ctl', ['promote', '-w', '-D', b.dataDirectory], { location: b });
    await expect(liftFence(lab)).rejects.toMatchObject({ reason: 'refused' });
    expect((await lookAtFence(lab)).holds).toBe(true);
  });
});
