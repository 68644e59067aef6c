import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  isApplicationRunning,
  labDown,
  removeLab,
  labUp,
  loadFigures,
  openLab,
  passfileOf,
  sampleRoles,
  setLoad,
  startApplication,
  stopApplication,
  switchTraffic,
  trafficTarget,
  type Lab,
} from '../../src/lab/index.js';
import { writeLabState } from '../../src/lab/lab-state.js';
import {
  connectTo,
  hashTables,
  listTables,
  startCluster,
  stopCluster,
  type ClusterLocation,
  type Session,
} from '../../src/postgres/index.js';
import { processesAbout } from '../end-to-end/support/processes.js';
import {
  eventually,
  makeTestLab,
  openTemporary,
  processesNaming,
  withTestLab,
  type TestLab,
} from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let location: ClusterLocation;
let session: Session;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.05 });
  lab = test.lab;
  location = trafficTarget(lab);
  session = await connectTo(location);
});
afterAll(async () => {
  await session.end();
  expect(await test.down()).toEqual([]);
});

const one = async (sql: string) => Object.values((await session.query(sql))[0]!)[0];
const as = (role: 'application' | 'sentinel') =>
  connectTo({ ...location, user: sampleRoles[role], passfile: passfileOf(lab.paths, role) });

describe('the sample database', () => {
  it.each([
    ['an enum type', `select count(*)::int from pg_type where typname = 'booking_status' and typtype = 'e'`],
    [
      'foreign keys',
      `select count(*)::int from pg_constraint where contype = 'f' and conrelid = 'public.bookings'::regclass`,
    ],
    [
      'a partitioned table',
      `select count(*)::int from pg_inherits where inhparent = 'public.booking_events'::regclass`,
    ],
    [
      'a sequence that is not behind',
      `select (last_value >= (select max(id) from public.bookings))::int from public.bookings_id_seq`,
    ],
    ['a view with rows', 'select count(*)::int from public.active_drivers'],
    ['a materialised view with rows', 'select count(*)::int from public.daily_revenue'],
    ['a trigger', `select count(*)::int from pg_trigger where tgname = 'note_booking'`],
    ['row security', `select relrowsecurity::int from pg_class where oid = 'public.payments'::regclass`],
    ['a large object', 'select count(*)::int from pg_largeobject where loid = 424242'],
    [
      'an extension in use',
      `select count(*)::int from public.users where email = upper(email::text)::citext`,
    ],
    [
      'amcheck and pg_buffercache',
      `select count(*)::int - 1 from pg_extension where extname in ('amcheck', 'pg_buffercache')`,
    ],
    ['events of every month', `select (count(distinct tableoid) = 6)::int from public.booking_events`],
  ])('has %s', async (_, sql) => expect(await one(sql)).toBeGreaterThan(0));

  it('stands on a cluster with checksums, whose cache holds nothing that nobody asked for', async () => {
    expect(await one('show data_checksums')).toBe('on');
    expect(await one('show fsync')).toBe('on');
    const cached = `select count(*)::int from pg_buffercache where relfilenode = pg_relation_filenode('public.payments_booking_id_key')`;
    expect(
      await one(`select relpages from pg_class where oid = 'public.payments_booking_id_key'::regclass`),
    ).toBeGreaterThan(2);
    expect(await one(cached)).toBeLessThanOrEqual(2);
  });

  it('has the same content every time', async () => {
    await withTestLab({ scale: 0.05 }, async (other) => {
      const there = await connectTo(trafficTarget(other.lab));
      const untouched = (await listTables(session)).filter(
        ({ sql }) => !/canary|application_status/.test(sql),
      );
      expect(untouched.length).toBeGreaterThan(10);
      const names = untouched.map((table) => table.sql);
      expect(await hashTables(there, names)).toEqual(await hashTables(session, names));
      await there.end();
    });
  });

  it('lets the application add bookings and nothing else', async () => {
    const own = await as('application');
    const forbidden = [
      'delete from public.bookings',
      'update public.bookings set fare = 0',
      'truncate public.payments',
      'insert into firedrill.canary values (1, now(), $$mine$$)',
      'create table public.mine (id int)',
      'alter table public.payments disable row level security',
      'select pg_read_file($$postgresql.conf$$)',
    ];
    for (const sql of forbidden) await expect(own.query(sql), sql).rejects.toThrow(/42501|must be owner/);
    await own.end();
  });
});

describe('the sample application', () => {
  const ask = (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${lab.state().applicationPort}${path}`, { method });

  it('says 200 while it can read and write, and takes a booking', async () => {
    expect((await ask('/health')).status).toBe(200);
    const answer = await ask('/bookings', 'POST');
    expect(answer.status).toBe(201);
    const { id } = (await answer.json()) as { id: number };
    expect(await one(`select status::text from public.bookings where id = ${id}`)).toBe('completed');
    expect(await one(`select count(*)::int from public.payments where booking_id = ${id}`)).toBe(1);
    expect(await one(`select count(*)::int from public.booking_events where booking_id = ${id}`)).toBe(1);
    expect((await ask('/elsewhere')).status).toBe(404);
  });

  it('keeps the load it was told, in growing ids, each acknowledged one on its log', async () => {
    await setLoad(lab, 100);
    await eventually('30 writes', async () => (await loadFigures(lab)).acknowledged >= 30);
    await setLoad(lab, 0);
    const { failed } = await loadFigures(lab);
    expect(failed).toBe(0);
    const ids = readFileSync(lab.paths.loadLog, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    const found = await session.query('select id from public.bookings where id = any ($1)', [ids]);
    expect(found).toHaveLength(ids.length);
    await expect(setLoad(lab, -1)).rejects.toThrow('refused');
  });

  it('says 503 while its database is away or traffic is cut, and recovers by itself', async () => {
    switchTraffic(lab, null);
    expect(
      (
        await eventually('503', async () => {
          const answer = await ask('/health');
          return answer.status === 503 ? answer : undefined;
        })
      ).status,
    ).toBe(503);
    switchTraffic(lab, location);
    await eventually('200', async () => (await ask('/health')).status === 200);
    await session.end();
    await stopCluster(lab.tools, location, 'fast');
    await eventually('503', async () => (await ask('/health')).status === 503);
    expect((await ask('/bookings', 'POST')).status).toBe(503);
    await startCluster(lab.tools, location);
    session = await connectTo(location);
    await eventually('200', async () => (await ask('/health')).status === 200);
  });

  it('can be stopped and started, twice each without harm', async () => {
    await stopApplication(lab);
    await stopApplication(lab);
    expect(isApplicationRunning(lab)).toBe(false);
    await expect(loadFigures(lab)).rejects.toMatchObject({ reason: 'unavailable' });
    await startApplication(lab);
    await startApplication(lab);
    expect(isApplicationRunning(lab)).toBe(true);
    expect((await ask('/health')).status).toBe(200);
  });
});

describe('a lab', () => {
  it('is found again by an engine that was killed, with everything it had', async () => {
    const again = await openLab(lab.directory);
    expect(again.state()).toEqual(lab.state());
    expect(trafficTarget(again)).toEqual(location);
    again.release();
  });

  it('is made once: a second call finds the first one', async () => {
    const again = await labUp({ directory: lab.directory, id: 'test-lab', scale: 0.05, protect: false });
    expect(again.state()).toEqual(lab.state());
    again.release();
    await expect(labUp({ directory: lab.directory, id: 'another' })).rejects.toMatchObject({
      reason: 'refused',
    });
  });

  it('keeps its passwords in files that are closed to others', () => {
    for (const name of readdirSync(lab.paths.secrets))
      expect(statSync(join(lab.paths.secrets, name)).mode & 0o077, name).toBe(0);
    expect(readFileSync(lab.paths.state, 'utf8')).not.toMatch(/password/i);
  });

  it('can be cancelled while it is being filled, and what was made is released', async () => {
    const directory = openTemporary('cancelled');
    const stop = new AbortController();
    const making = labUp({
      directory: join(directory, 'lab'),
      id: 'x',
      scale: 80,
      protect: false,
      signal: stop.signal,
    });
    making.catch(() => undefined);
    const filling = () => processesAbout(directory).some(({ command }) => command.endsWith(' INSERT'));
    await eventually('rows of the sample', filling);
    stop.abort();
    // Cancelled by the server, and not only noticed when it was full.
    await expect(making).rejects.toThrow(/^"insert /i);
    const { released, leftovers } = await removeLab(join(directory, 'lab'));
    expect(released.length).toBeGreaterThan(0);
    expect(leftovers).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
    expect(processesNaming(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  it('that an engine left half-made is removed and made anew', async () => {
    await withTestLab({ scale: 0.01 }, async (half) => {
      const before = half.lab.state();
      writeLabState(half.lab.paths, { ...before, phase: 'making' });
      const stray = join(half.lab.paths.clusters, 'stray');
      mkdirSync(stray);
      await expect(openLab(half.lab.directory)).rejects.toMatchObject({ reason: 'unavailable' });
      const again = await labUp({
        directory: half.lab.directory,
        id: 'test-lab',
        scale: 0.01,
        protect: false,
      });
      expect(again.state().phase).toBe('ready');
      expect(again.state().createdAt).not.toBe(before.createdAt);
      expect(existsSync(stray)).toBe(false);
      for (const folder of before.socketDirectories) expect(existsSync(folder)).toBe(false);
      again.release();
    });
  });

  it('is not made in a folder that holds something else', async () => {
    const directory = openTemporary('stranger');
    writeFileSync(join(directory, 'thesis.txt'), 'years of work');
    await expect(labUp({ directory, id: 'x' })).rejects.toMatchObject({ reason: 'refused' });
    expect(readdirSync(directory)).toEqual(['thesis.txt']);
    rmSync(directory, { recursive: true });
  });

  it('leaves no process and no folder when it is taken down, and nothing to do the second time', async () => {
    await withTestLab({ scale: 0.01 }, async (other) => {
      const folders = [...other.lab.state().socketDirectories, other.lab.directory];
      const directory = other.lab.directory;
      expect(processesNaming(directory).length).toBeGreaterThan(2);
      const first = await labDown(other.lab);
      expect(first.leftovers).toEqual([]);
      expect(first.released).toEqual(expect.arrayContaining(['process application', 'process watchdog']));
      expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
      expect(processesNaming(directory)).toEqual([]);
      expect(await labDown(other.lab)).toEqual({ released: [], leftovers: [] });
    });
  });
});
