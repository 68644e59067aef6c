import { appendFileSync, chmodSync, existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  acceptClusterSwap,
  acceptSafetySet,
  acceptSwap,
  findBackup,
  inFolder,
  keptDatabases,
  planRemoval,
  removeOldSafetyCopies,
  requireKind,
  restoreIntoService,
  rollBackSwap,
  safetyCopies,
  takeLogicalBackup,
  takeSafetyCopy,
  type IntoServiceRequest,
  type LogicalManifest,
  type SafetyCopy,
  type StagedSet,
} from '../../src/backup/index.js';
import { noteKeptCluster } from '../../src/backup/restore/kept-cluster.js';
import type { ClusterLocation } from '../../src/postgres/index.js';
import { openLocalStore, type LocalStore } from '../../src/store/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';
import { signer, trusted } from './ground.js';

let ground: Ground;
let server: ClusterLocation;
let store: LocalStore;
let set: StagedSet<LogicalManifest>;
const sql = async (text: string, database = 'shop') =>
  ground.withSession({ ...server, database }, async (session) => session.query(text));
const databases = async () =>
  (
    await sql(`select datname::text as name from pg_database where not datistemplate order by 1`, 'postgres')
  ).map((row) => row['name']);

beforeAll(async () => {
  ground = await openGround();
  server = await ground.cluster('server');
  store = openLocalStore(join(ground.directory, 'store'));
  await sql('create database shop', 'postgres');
  await sql(`create table goods(id bigserial primary key, name text); insert into goods(name) select 'g' || i from generate_series(1, 500) i;
    create index by_name on goods(name); create table empty(id int); comment on database shop is 'ours'; alter database shop set work_mem to '8MB'`);
  const { tools } = ground;
  const { manifest } = await takeLogicalBackup({
    tools,
    location: server,
    store,
    source: 'test',
    signer,
    databases: ['shop'],
  });
  set = inFolder(store, requireKind(await findBackup(store, trusted, manifest.id), 'logical'));
});
afterAll(async () => ground.remove());

const request = (over: Partial<IntoServiceRequest> = {}): IntoServiceRequest => {
  const { tools } = ground;
  const safety = { store, signer, trusted, source: 'test' };
  return { tools, set, location: server, database: 'shop', safety, ...over };
};

it('brings a database back into service: safety copy, restored beside, compared, finished, swapped, checked', async () => {
  await sql(`delete from goods where id > 100; insert into goods(name) values ('sold since')`);
  const stages: string[] = [];
  const done = await restoreIntoService(request({ progress: ({ stage }) => stages.push(stage) }));
  expect(await sql('select count(*)::int as n from goods')).toEqual([{ n: 500 }]);
  expect(
    await sql(`select shobj_description(oid, 'pg_database') as c from pg_database where datname = 'shop'`),
  ).toEqual([{ c: 'ours' }]);
  expect(await sql('show work_mem')).toEqual([{ work_mem: '8MB' }]);
  expect(await sql(`select count(*)::int as n from pg_stats where tablename = 'goods'`)).toEqual([{ n: 2 }]);
  expect(done.evidence[0]).toMatch(/^2 tables, 500 rows equal in count and content hash/);
  expect(done.finished).toMatchObject({ database: 'shop', attention: [] });
  expect(done.stages.map((one) => one.stage)).toEqual([
    'checking',
    'safety copy',
    'restoring',
    'comparing',
    'finishing',
    'swapping',
    'checking the service',
  ]);
  expect(stages).toContain('swapping');
  expect(await databases()).toEqual(['postgres', 'shop', done.swap!.keptAs]);

  // The way back: what was there before is there, whole, twice.
  const copies = await safetyCopies({ store, trusted, location: server });
  expect(copies.map((one) => [one.kind, one.of, one.accepted])).toEqual([
    ['set', 'database shop of test', false],
    ['database', 'database shop', false],
  ]);
  expect(copies[0]?.name).toBe(done.safety?.set);
  const back = await rollBackSwap({ location: server, kept: done.swap!.keptAs });
  expect(await sql('select count(*)::int as n from goods')).toEqual([{ n: 101 }]);
  await acceptSwap({ location: server, kept: back.keptAs, typed: back.keptAs });
});

it('leaves the database in service untouched, and nothing behind, whatever goes wrong before the swap', async () => {
  const before = await databases();
  const untouched = async () => {
    expect(await databases()).toEqual(before);
    expect(await sql('select count(*)::int as n from goods')).toEqual([{ n: 101 }]);
    expect(await keptDatabases(server)).toEqual([]);
  };
  for (const stage of ['safety copy', 'restoring', 'comparing', 'finishing', 'swapping']) {
    const control = new AbortController();
    const progress = (now: { stage: string }): void => {
      if (now.stage === stage) control.abort();
    };
    const failure = await failureOf(restoreIntoService(request({ signal: control.signal, progress })));
    expect([stage, failure.reason]).toEqual([stage, 'cancelled']);
    await untouched();
  }
  // A set whose expectation is not what comes back: the comparison must notice.
  const { expectation } = set.manifest;
  const tables = expectation.databases['shop']!.tables.map((one) => ({ ...one, rows: one.rows + 1 }));
  const wrong = { ...expectation, databases: { shop: { tables, uncovered: [] } } };
  const lying = { ...set, manifest: { ...set.manifest, expectation: wrong } };
  const differs = await failureOf(restoreIntoService(request({ set: lying, safety: { none: 'a test' } })));
  expect(differs.message).toContain('does not have the content');
  await untouched();
  const torn = {
    ...set,
    files: set.files.map((file, at) => (at === 0 ? { ...file, sha256: '0'.repeat(64) } : file)),
  };
  expect((await failureOf(restoreIntoService(request({ set: torn })))).message).toContain('is damaged');
  await untouched();
  expect((await failureOf(restoreIntoService(request({ database: 'unknown' })))).reason).toBe('invalid');
});

it('brings back a database that is gone altogether', async () => {
  await sql('drop database shop', 'postgres');
  const done = await restoreIntoService(request());
  expect([done.swap, done.safety]).toEqual([null, null]);
  expect(await sql('select count(*)::int as n from goods')).toEqual([{ n: 500 }]);
});

it('does not rely on a safety copy that cannot be read again', async () => {
  const bad = openLocalStore(join(ground.directory, 'bad-store'));
  const damage = (name: RegExp): void => {
    const [id] = readdirSync(bad.directory).filter((one) => /-logical-[0-9a-f]+$/.test(one));
    const folder = join(bad.directory, id!);
    const file = readdirSync(folder).find((one) => name.test(one))!;
    chmodSync(join(folder, file), 0o600);
    appendFileSync(join(folder, file), 'x');
  };
  const failure = await failureOf(
    takeSafetyCopy({
      ...{ tools: ground.tools, location: server, store: bad, signer, trusted, source: 'test' },
      of: { kind: 'database', database: 'shop' },
      // Between the write and the read.
      progress: ({ stage }) => {
        if (stage === 'reading the safety copy') damage(/globals/);
      },
    }),
  );
  expect(failure.reason).toBe('check');
  expect(failure.message).toMatch(/^safety copy .* cannot be relied on: globals\.sql/);
});

it('takes the restored database out of service again when it cannot be used there', async () => {
  await sql(
    `alter database shop set session_preload_libraries to 'no_such_library'; update goods set name = 'before'`,
  );
  const failure = await failureOf(restoreIntoService(request({ safety: { none: 'a test' } })));
  expect(failure.message).toContain('could not be used, so the old one is back');
  const [kept] = await keptDatabases(server);
  expect(kept?.name).toMatch(/^shop_after_/);
  await sql('alter database shop reset session_preload_libraries', 'postgres');
  expect(await sql('select distinct name from goods')).toEqual([{ name: 'before' }]);
  await acceptSwap({ location: server, kept: kept!.name, typed: kept!.name });
});

it('removes what was accepted or is old, and never the only copy of a restore that nobody accepted', async () => {
  const day = 24 * 3_600_000;
  const now = new Date('2027-03-01T00:00:00Z');
  const copy = (name: string, days: number, of = 'database a', accepted = false): SafetyCopy => ({
    ...{ kind: 'set', name, of, accepted, bytes: 1 },
    at: new Date(now.getTime() - days * day).toISOString(),
  });
  const names = (copies: readonly SafetyCopy[]) =>
    planRemoval(copies, { keepForMs: 7 * day, now })
      .remove.map((one) => one.name)
      .sort();
  // The state before the first restore is the way back, not that before the second.
  expect(names([copy('young', 1), copy('old', 9)])).toEqual([]);
  expect(names([copy('only', 900)])).toEqual([]);
  expect(names([copy('older', 30), copy('old', 20)])).toEqual(['old']);
  expect(names([copy('old', 20), copy('other', 20, 'database b')])).toEqual([]);
  expect(names([copy('good', 0, 'database a', true), copy('last', 20)])).toEqual(['good']);

  // For real: a set, a database and a cluster.
  const kept = join(ground.directory, 'kept-cluster');
  await mkdir(kept);
  await mkdir(join(ground.directory, 'in-place'), { recursive: true });
  await noteKeptCluster(kept, join(ground.directory, 'in-place'));
  const done = await restoreIntoService(request());
  const places = { store, trusted, location: server, clusters: [kept] };
  const policy = { keepForMs: 0, now: new Date(Date.now() + 365 * day) };
  for (const one of await safetyCopies(places))
    if (one.kind === 'set' && one.name !== done.safety!.set) await acceptSafetySet(store, one.name);
  const first = await removeOldSafetyCopies(places, policy);
  const staying = [kept, done.swap!.keptAs, done.safety!.set];
  expect(first.keep.map(({ copy: { name } }) => name).sort()).toEqual(staying.sort());
  expect(first.keep.map(({ copy: { kind }, why }) => [kind, why])).toEqual([
    ['cluster', 'its restore is not accepted'],
    ['set', 'its restore is not accepted, and no copy is older'],
    ['database', 'its restore is not accepted'],
  ]);
  await acceptSwap({ location: server, kept: done.swap!.keptAs, typed: done.swap!.keptAs, remove: false });
  expect((await failureOf(acceptClusterSwap(kept, 'yes'))).reason).toBe('refused');
  await acceptClusterSwap(kept, kept);
  await acceptSafetySet(store, done.safety!.set);
  await removeOldSafetyCopies(places, policy);
  expect(await safetyCopies(places)).toEqual([]);
  expect(existsSync(kept)).toBe(false);
  expect(await databases()).toEqual(['postgres', 'shop']);
});
