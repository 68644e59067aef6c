import { afterAll, beforeAll, expect, it } from 'vitest';
import { finishRestored } from '../../src/backup/index.js';
import type { ClusterLocation } from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

let ground: Ground;
let server: ClusterLocation;
beforeAll(async () => {
  ground = await openGround();
  server = await ground.cluster('server', { autovacuum: 'off' });
});
afterAll(async () => ground.remove());
const sql = async (text: string, database = 'app') =>
  ground.withSession({ ...server, database }, async (session) => session.query(text));

it('analyses what has no statistics, rebuilds only what another library would order otherwise, names what is invalid', async () => {
  await sql(
    `create database app template template0 locale_provider icu icu_locale 'en' locale 'C.UTF-8'`,
    'postgres',
  );
  await sql(`
    create table fresh(id int primary key, name text collate "de-x-icu", other text collate "C", own text);
    insert into fresh select i, 'n' || i, 'o' || i, 'w' || i from generate_series(1, 1000) i;
    create index by_name on fresh(name); create index by_other on fresh(other); create index by_own on fresh(own);
    create index by_expression on fresh((lower(other) collate "de-x-icu")); create index "Odd One" on fresh(id) where other < 'x' collate "de-x-icu";
    create table part_of_nothing(id int primary key); create table known(id int); insert into known select generate_series(1, 10); analyze known;
    create table parent(id int, day date) partition by range (id); create table part partition of parent for values from (0) to (10);
    insert into fresh values (1001, 'n1', 'o', 'w')`);
  await sql('create unique index concurrently broken on fresh(name)').catch(() => undefined);
  await sql(`update pg_collation set collversion = '0.1' where collname = 'de-x-icu'`);
  const node = `select relname::text, pg_relation_filenode(oid) as file from pg_class where relname in ('by_name', 'by_other', 'by_own', 'by_expression', 'Odd One', 'fresh_pkey') order by 1`;
  const before = await sql(node);
  const request = { tools: ground.tools, location: server, databases: ['app'] };
  const [done] = (await finishRestored(request)).databases;
  expect(done).toMatchObject({
    database: 'app',
    // One with rows, and three that nobody has counted; the other was known.
    analysed: 4,
    collations: [{ name: 'pg_catalog."de-x-icu"', was: '0.1' }],
    vacuumed: [],
    attention: ['index public.broken is invalid: no query uses it'],
  });
  expect(done?.reindexed).toEqual(
    expect.arrayContaining(['public.Odd One', 'public.by_expression', 'public.by_name']),
  );
  const after = await sql(node);
  const moved = after.filter((row, at) => row['file'] !== before[at]?.['file']).map((row) => row['relname']);
  expect(moved.sort()).toEqual(['Odd One', 'by_expression', 'by_name']);
  expect(await sql(`select count(*)::int as n from pg_stats where tablename = 'fresh'`)).toEqual([{ n: 4 }]);

  // Nothing is left to do, and nothing is done twice.
  const [again] = (await finishRestored(request)).databases;
  expect(again).toMatchObject({ analysed: 0, collations: [], reindexed: [] });
});

it('knows the collation of the database itself, and what only a person can put right', async () => {
  await sql(`update pg_database set datcollversion = '0.1' where datname = 'app'`);
  await sql(
    `create table named(n text) partition by range (n); create table named_a partition of named for values from ('a') to ('m')`,
  );
  const [held] = (await finishRestored({ tools: ground.tools, location: server, databases: ['app'] }))
    .databases;
  expect(held?.collations).toMatchObject([{ name: 'default', was: '0.1' }]);
  expect(held?.reindexed).toContain('public.by_own');
  expect(held?.reindexed).not.toContain('public.by_other');
  expect(held?.attention.join()).toContain(
    'rows of named are placed by a collation that orders otherwise now',
  );
  expect(await sql(`select datcollversion as v from pg_database where datname = 'app'`)).toEqual([
    { v: '0.1' },
  ]);
  await sql('drop table named');
  await finishRestored({ tools: ground.tools, location: server });
  expect(await sql(`select datcollversion <> '0.1' as fresh from pg_database where datname = 'app'`)).toEqual(
    [{ fresh: true }],
  );
  const cancelled = finishRestored({ tools: ground.tools, location: server, signal: AbortSignal.abort() });
  expect((await failureOf(cancelled)).reason).toBe('cancelled');
});
