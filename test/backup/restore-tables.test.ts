import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  bringBackTables,
  connectTo,
  orderOf,
  type BringBackRequest,
  type ClusterLocation,
} from '../../src/postgres/index.js';
import { failureOf } from '../postgres/failure-of.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

let ground: Ground;
let side: ClusterLocation;
let live: ClusterLocation;
beforeAll(async () => {
  ground = await openGround();
  side = await ground.cluster('side');
  live = await ground.cluster('live');
});
afterAll(async () => ground.remove());

const on = async (location: ClusterLocation, text: string) =>
  ground.withSession(location, async (session) => session.query(text));

/** A chain, a circle, a reference to oneself, identities, generated columns, partitions, an enum, triggers, deferred keys. */
const schema = `
  drop schema if exists app cascade; create schema app;
  create type app.state as enum ('new', 'done');
  create table app.country(id int primary key, name text unique);
  create table app.city(id int generated always as identity primary key, country int not null references app.country deferrable initially deferred,
    name text not null, shout text generated always as (upper(name)) stored);
  create table app.trip(id bigserial primary key, city int references app.city on delete cascade, state app.state not null default 'new', raw json, at point);
  create table app.worker(id int primary key, boss int references app.worker, team int);
  create table app.team(id int primary key, lead int references app.worker);
  alter table app.worker add constraint worker_team foreign key (team) references app.team;
  create table app.log(id int, day date not null, what text, primary key (id, day)) partition by range (day);
  create table app.log_a partition of app.log for values from ('2027-01-01') to ('2027-02-01');
  create table app.log_b partition of app.log for values from ('2027-02-01') to ('2027-03-01');
  create table app.note(id int primary key, log int, day date, foreign key (log, day) references app.log);
  create table app.keyless(n int);
  create sequence app.down increment -1; create table app.countdown(n int primary key default nextval('app.down'));
  alter sequence app.down owned by app.countdown.n;
  create table app.fired(what text);
  create function app.fire() returns trigger language plpgsql as $$ begin insert into app.fired values (tg_table_name); return coalesce(new, old); end $$;
  create trigger fire before insert or update or delete on app.trip for each row execute function app.fire();
  create trigger fire_log after insert on app.log for each row execute function app.fire();
  alter table app.trip enable always trigger fire;
  insert into app.country values (1, 'one'), (2, 'two');
  insert into app.city(country, name) select 1 + i % 2, 'city ' || i from generate_series(1, 20) i;
  insert into app.team values (1, null), (2, null);
  insert into app.worker select i, nullif(i - 1, 0), 1 + i % 2 from generate_series(1, 10) i;
  update app.team set lead = id;
  insert into app.log select i, date '2027-01-25' + i, 'line ' || i from generate_series(1, 20) i;
  insert into app.note select i, i, date '2027-01-25' + i from generate_series(1, 5) i;
  insert into app.trip(city, raw, at) select 1 + i % 20, '{"a": 1}', point(i, i) from generate_series(1, 200) i;
  insert into app.countdown select nextval('app.down') from generate_series(1, 5);
  truncate app.fired;
`;
const everything = ['app.trip', 'app.city', 'app.country', 'app.worker', 'app.team', 'app.log', 'app.note'];
const describeKeys = `select conrelid::regclass::text as of, conname, pg_get_constraintdef(oid) as is, convalidated from pg_constraint
   where connamespace = 'app'::regnamespace order by 1, 2`;
const describeTriggers = `select tgrelid::regclass::text as of, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2`;

function request(over: Partial<BringBackRequest>): BringBackRequest {
  const { tools } = ground;
  return {
    tools,
    side,
    target: live,
    database: 'postgres',
    tables: everything,
    mode: 'merge-missing',
    ...over,
  };
}

beforeEach(async () => {
  await on(side, schema);
  await on(live, schema);
});

describe('tables that come back into a live database', () => {
  it('are filled in the order of their keys, circles and all, and the rest stays as it was', async () => {
    const [keys, triggers] = [await on(live, describeKeys), await on(live, describeTriggers)];
    await on(
      live,
      `update app.city set name = 'wrong'; delete from app.trip; delete from app.note; delete from app.log where id > 3`,
    );
    await on(live, `update app.worker set boss = null, team = null; delete from app.team`);
    await on(live, 'truncate app.fired');
    const same = `select (select md5(string_agg(t::text, ',' order by id)) from app.city t) as city,
       (select md5(string_agg(t::text, ',' order by id)) from app.trip t) as trip, (select md5(string_agg(t::text, ',' order by id)) from app.worker t) as worker,
       (select md5(string_agg(t::text, ',' order by id)) from app.log t) as log, (select count(*)::int from app.note) as note, (select count(*)::int from app.fired) as fired`;
    const result = await bringBackTables(request({ mode: 'replace', writtenSince: 'throw-away' }));
    expect(await on(live, same)).toEqual(await on(side, same));
    expect(await on(live, describeKeys)).toEqual(keys);
    expect(await on(live, describeTriggers)).toEqual(triggers);
    const order = result.tables.map((one) => one.table);
    for (const [first, then] of [
      ['app.country', 'app.city'],
      ['app.city', 'app.trip'],
      ['app.log', 'app.note'],
    ] as const)
      expect(order.indexOf(first)).toBeLessThan(order.indexOf(then));
    expect(result.tables.find((one) => one.table === 'app.log')).toMatchObject({ rows: 20, inserted: 20 });
    expect(result.done.at(-1)).toBe('committed');
  });

  it('are not replaced when nobody can tell what was written since', async () => {
    const failure = await failureOf(bringBackTables(request({ mode: 'replace' })));
    expect(failure.reason).toBe('refused');
    expect(failure.message).toMatch(/it cannot be shown that app\.\w+ was not changed/);
    expect(await on(live, 'select count(*)::int as n from app.trip')).toEqual([{ n: 200 }]);
  });

  it('get back only what is missing: what was written since stays, what differs is named', async () => {
    await on(
      live,
      `delete from app.trip where id between 11 and 60; delete from app.city where id = 20; delete from app.note; delete from app.log where id > 10;
       delete from app.worker where id > 8; update app.team set lead = null where id = 2; delete from app.countdown where n < -2;
       update app.trip set state = 'done' where id = 5; update app.log set what = 'changed since' where id = 2;
       insert into app.trip(city) values (3), (4); insert into app.country values (9, 'nine'); truncate app.fired`,
    );
    await on(side, `select setval('app.trip_id_seq', 5000); select setval('app.down', -40)`);
    const result = await bringBackTables(request({ tables: [...everything, 'app.countdown'] }));
    const of = (table: string) => result.tables.find((one) => one.table === table)!;
    // City 20 went with its ten trips.
    expect(of('app.city')).toMatchObject({ rows: 20, inserted: 1, kept: 19, conflicting: 0 });
    expect(of('app.trip')).toMatchObject({ rows: 202, inserted: 57, kept: 142, conflicting: 1 });
    expect(of('app.trip').conflicts).toEqual([{ id: 5 }]);
    expect(of('app.log')).toMatchObject({ rows: 20, inserted: 10, kept: 9, conflicting: 1 });
    expect(of('app.log').conflicts).toEqual([{ id: 2, day: '2027-01-27' }]);
    expect(of('app.worker')).toMatchObject({ rows: 10, inserted: 2 });
    expect(of('app.team')).toMatchObject({ conflicting: 1, conflicts: [{ id: 2 }] });
    expect(of('app.country')).toMatchObject({ rows: 3, inserted: 0 });
    expect(await on(live, `select state::text from app.trip where id = 5`)).toEqual([{ state: 'done' }]);
    expect(await on(live, `select shout from app.city where id = 20`)).toEqual([{ shout: 'CITY 20' }]);
    expect(await on(live, 'select count(*)::int as n from app.fired')).toEqual([{ n: 0 }]);
    expect(await on(live, `insert into app.trip(city) values (1) returning id::int`)).toEqual([{ id: 5001 }]);
    expect(await on(live, `select nextval('app.down')::int as n`)).toEqual([{ n: -41 }]);
    // A second time there is nothing left to do.
    const again = await bringBackTables(request({}));
    expect(again.tables.map((one) => one.inserted)).toEqual(again.tables.map(() => 0));
  });

  it('come back all or not at all: a row whose parent is gone, a table without a key', async () => {
    await on(live, 'delete from app.trip; delete from app.city where id = 7');
    const orphan = await failureOf(bringBackTables(request({ tables: ['app.log', 'app.trip'] })));
    expect(orphan.message).toContain('trip_city_fkey');
    expect(await on(live, 'select count(*)::int as n from app.trip')).toEqual([{ n: 0 }]);
    expect((await failureOf(bringBackTables(request({ tables: ['app.keyless'] })))).message).toContain(
      'has no primary key',
    );
    await on(live, `delete from app.country where id = 3; insert into app.country values (7, 'three')`);
    await on(side, `insert into app.country values (3, 'three')`);
    const [country] = (await bringBackTables(request({ tables: ['app.country'] }))).tables;
    expect(country).toMatchObject({ inserted: 0, kept: 2, conflicting: 1, conflicts: [{ id: 3 }] });
    await on(live, 'alter table app.city add column extra int');
    expect((await failureOf(bringBackTables(request({ tables: ['app.city'] })))).reason).toBe('refused');
    const gone = bringBackTables(request({ signal: AbortSignal.abort() }));
    expect((await failureOf(gone)).reason).toBe('cancelled');
  });

  it('let writers wait, and lose nothing of theirs', async () => {
    await on(live, 'delete from app.trip where id <= 100');
    const state = { over: false };
    let written = 0;
    const writer = (async () => {
      const session = await connectTo(live);
      while (!state.over) {
        await session.query(`insert into app.trip(city) values (1)`);
        written += 1;
      }
      await session.end();
    })();
    const { tables } = await bringBackTables(request({ tables: ['app.trip'] }));
    state.over = true;
    await writer;
    expect(tables[0]).toMatchObject({ inserted: 100, kept: 100, conflicting: 0 });
    const [{ n } = {}] = await on(live, 'select count(*)::int as n from app.trip');
    expect(n).toBe(200 + written);

    const holder = await connectTo(live);
    await holder.query('begin; lock table app.trip in row exclusive mode');
    const waiting = bringBackTables(request({ tables: ['app.trip'], lockTimeoutMs: 200 }));
    expect((await failureOf(waiting)).reason).toBe('timeout');
    await holder.end();
  });
});

describe('the order of tables', () => {
  it('puts referenced tables first and names circles', () => {
    const refers = (of: { [table: string]: string[] }) =>
      new Map(Object.entries(of).map(([table, to]) => [table, new Set(to)]));
    expect(orderOf(refers({ a: ['b'], b: ['c'], c: [] })).order).toEqual(['c', 'b', 'a']);
    const circle = orderOf(refers({ x: ['a'], a: ['b'], b: ['a', 'c'], c: [] }));
    expect([...circle.inCircles].sort()).toEqual(['a', 'b']);
    expect(circle.order).toEqual(['c', 'a', 'b', 'x']);
  });
});
