import { execFileSync } from 'node:child_process';
import { appendFile, cp, mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  checksumFailures,
  findDamage,
  findDamageInLog,
  hashTables,
  logEnd,
  reindex,
  replaceTable,
  sqlState,
  startCluster,
  stopCluster,
  textColumn,
  type ClusterLocation,
  type Session,
} from '../../src/postgres/index.js';
import { failureOf } from './failure-of.js';
import { openGround, type Ground } from './throwaway-cluster.js';

const schema = `
  create extension amcheck;
  create role clerk; create role boss;
  create table drivers(id bigserial primary key, name text not null);
  insert into drivers(name) select 'driver ' || i from generate_series(1, 50) i;
  create table bookings(
    id bigserial primary key, driver bigint not null references drivers deferrable initially deferred,
    fare numeric(10,2) check (fare >= 0), doubled numeric generated always as (fare * 2) stored, note text);
  comment on table bookings is 'rides';
  create index bookings_driver on bookings(driver);
  insert into bookings(driver, fare, note) select 1 + i % 50, i / 10.0, repeat(md5(i::text), 3) from generate_series(1, 3000) i;
  set constraints all immediate;
  create table payments(id bigserial primary key, booking bigint references bookings on delete restrict, amount numeric);
  insert into payments(booking, amount) select i, i from generate_series(1, 500) i;
  create table refunds(id bigserial primary key, booking bigint);
  alter table refunds add constraint refunds_old foreign key (booking) references bookings not valid;
  create table audit(what text);
  create function note_change() returns trigger language plpgsql as
    $$ begin insert into audit values (tg_op); return null; end $$;
  create trigger noted after insert or update or delete on bookings for each row execute function note_change();
  create trigger replicated after insert on bookings for each row execute function note_change();
  create trigger sleeping after insert on bookings for each row execute function note_change();
  alter table bookings enable replica trigger replicated; alter table bookings disable trigger sleeping;
  alter table bookings enable row level security;
  create policy own on bookings to clerk using (driver = 1);
  alter table bookings owner to boss; grant select, insert on bookings to clerk;
  create view booked as select driver, count(*) from bookings group by 1;
  vacuum analyze;
`;

/** Everything that hangs on a table, as one comparable value. */
const shape = `
  select 'bookings'::regclass::oid::text as oid, obj_description('bookings'::regclass) as comment,
    (select relowner::regrole::text || relacl::text || relrowsecurity from pg_class where oid = 'bookings'::regclass) as owner,
    (select string_agg(conname || pg_get_constraintdef(oid) || convalidated, ' ' order by conname) from pg_constraint
      where conrelid in ('bookings'::regclass, 'payments'::regclass, 'refunds'::regclass)) as constraints,
    (select string_agg(tgname::text || tgenabled::text, ' ' order by tgname) from pg_trigger where tgrelid = 'bookings'::regclass and not tgisinternal) as triggers,
    (select string_agg(polname || pg_get_expr(polqual, polrelid), ' ') from pg_policy where polrelid = 'bookings'::regclass) as policies,
    (select string_agg(indexdef, ' ' order by indexdef) from pg_indexes where tablename = 'bookings') as indexes,
    pg_get_serial_sequence('bookings', 'id') as sequence, (select last_value from bookings_id_seq) as last,
    (select count(*) from booked) as view, (select count(*) from audit) as audited`;

describe('damage found and repaired', () => {
  let ground: Ground;
  let location: ClusterLocation;
  let side: ClusterLocation;

  beforeAll(async () => {
    ground = await openGround();
    location = await ground.cluster('live', { autovacuum: 'off', max_prepared_transactions: '2' });
    await ground.withSession(location, async (session) => {
      for (const statement of [schema.replace('vacuum analyze;', ''), 'vacuum analyze', 'checkpoint'])
        await session.query(statement);
    });
    side = await ground.place('side');
    await remakeSide();
  });
  afterAll(async () => ground.remove());

  const replace = async (table: string, target = location) =>
    replaceTable({ tools: ground.tools, side, target, table });

  /** A cold copy that recovers to the end of its own log stands in for a restore to the latest commit. */
  async function remakeSide(): Promise<void> {
    await stopCluster(ground.tools, side);
    await stopCluster(ground.tools, location);
    await rm(side.dataDirectory, { recursive: true, force: true });
    await mkdir(dirname(side.dataDirectory), { recursive: true });
    await cp(location.dataDirectory, side.dataDirectory, { recursive: true });
    await appendFile(join(side.dataDirectory, 'postgresql.auto.conf'), `restore_command = 'false'\n`);
    await writeFile(join(side.dataDirectory, 'recovery.signal'), '');
    const passwords = await readFile(location.passfile!, 'utf8');
    await writeFile(side.passfile!, passwords.replace(String(location.port), String(side.port)), {
      mode: 0o600,
    });
    if (location.account) {
      const { uid, gid } = location.account;
      execFileSync('chown', ['-R', `${uid}:${gid}`, side.dataDirectory, side.passfile!]);
    }
    await startCluster(ground.tools, location);
    await startCluster(ground.tools, side);
    await vi.waitFor(
      async () => {
        expect(await query(side, 'select pg_is_in_recovery() as on')).toEqual([{ on: false }]);
      },
      { timeout: 20_000 },
    );
  }

  const query = async (on: ClusterLocation, sql: string) =>
    ground.withSession(on, async (session) => session.query(sql));

  /** Stops the server, changes a relation's file, starts it again: nothing of it is cached. */
  async function hurt(relation: string, change: (path: string) => Promise<void>): Promise<void> {
    const path = await ground.withSession(location, async (session) => {
      const [row] = await session.query('select pg_relation_filepath($1::regclass) as path', [relation]);
      return textColumn(row, 'path');
    });
    await stopCluster(ground.tools, location);
    await change(join(location.dataDirectory, path));
    await startCluster(ground.tools, location);
  }

  const flip = (blocks: number[]) => async (path: string) => {
    const file = await open(path, 'r+');
    for (const block of blocks) await file.write(Buffer.alloc(40, 0x5a), 0, 40, block * 8192 + 8000);
    await file.close();
  };

  it('finds nothing in a sound database, and says what it did not look at', async () => {
    let asked = 0;
    const report = await ground.withSession(location, async (session) => {
      const counted: Session = {
        ...session,
        transaction: (...how) => session.transaction(...how).finally(() => (asked += 1)),
      };
      return findDamage(counted, { database: 'postgres' });
    });
    expect(report).toMatchObject({ damaged: [], suggestion: 'none', amcheck: true });
    expect(report.checked.heaps).toBeGreaterThan(60);
    expect(report.checked.indexes).toBeGreaterThan(100);
    // Hundreds of small catalogues and indexes are not asked about one by one.
    expect(asked).toBeLessThan((report.checked.heaps + report.checked.indexes) / 3);
    const wrong = ground.withSession(location, async (session) => findDamage(session, { database: 'other' }));
    expect((await failureOf(wrong)).reason).toBe('invalid');
  });

  it('waits for a table that somebody changes without holding another that they need', async () => {
    await ground.withSession(location, async (somebody) => {
      for (const name of ['aaa', 'zzz']) {
        await somebody.query(`create table ${name}(what text)`);
        await somebody.query(`vacuum ${name}`);
      }
      // Who looks first is the one who is given up: else it would be the search, and nobody would notice.
      await somebody.query(`set deadlock_timeout = '500ms'`);
      await somebody.query('begin; truncate zzz');
      const search = ground.withSession(location, async (session) => findDamage(session));
      search.catch(() => undefined);
      // In a session of its own: within a transaction the server shows the same picture again and again.
      await ground.withSession(location, async (watcher) => {
        const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock'`;
        await vi.waitFor(async () => expect(await watcher.query(waiting)).toHaveLength(1), {
          timeout: 30_000,
        });
      });
      await somebody.query('truncate aaa');
      await somebody.query('commit');
      expect(await search).toMatchObject({ damaged: [], suggestion: 'none' });
      await somebody.query('drop table aaa, zzz');
    });
  });

  it('sees a damaged index, and rebuilding it is the whole repair', async () => {
    await hurt('bookings_driver', flip([1]));
    await ground.withSession(location, async (session) => {
      const report = await findDamage(session, { tables: ['bookings'] });
      expect(report.suggestion).toBe('indexes-only');
      expect(report.damaged).toMatchObject([
        { relation: 'public.bookings_driver', kind: 'index', table: 'public.bookings' },
      ]);
      await reindex(session, [{ schema: 'public', name: 'bookings_driver' }]);
      expect((await findDamage(session)).suggestion).toBe('none');
    });
  });

  it('sees heap damage that an index-only scan hides, block by block', async () => {
    const logFrom = await logEnd(location);
    await hurt('bookings', flip([3, 7]));
    await ground.withSession(location, async (session) => {
      await session.query('set enable_seqscan = off');
      const trap = await session.query('select count(*) from bookings');
      expect(trap).toEqual([{ count: 3000 }]);
      await session.query('reset enable_seqscan');
      const failure = await failureOf(session.query('select sum(fare) from bookings'));
      expect(sqlState(failure)).toBe('XX001');
      const report = await findDamage(session);
      expect(report).toMatchObject({ suggestion: 'one-table', table: 'public.bookings' });
      expect(report.damaged).toMatchObject([
        { relation: 'public.bookings', kind: 'heap', blocks: [3, 7], catalog: false },
      ]);
      await session.query('select pg_stat_force_next_flush()');
      await session.query('select 1');
      const counted = await checksumFailures(session);
      expect(counted.enabled).toBe(true);
      expect(counted.failures).toBeGreaterThan(0);
    });
    expect((await findDamageInLog(location, logFrom)).length).toBeGreaterThan(0);
  });

  it('replaces the damaged table from the side instance and leaves everything that hangs on it as it was', async () => {
    const before = await ground.withSession(side, async (session) => session.query(shape));
    const wanted = await ground.withSession(side, async (session) =>
      hashTables(session, ['bookings', 'payments']),
    );
    const replaced = await replace('public.bookings');
    expect(replaced.rows).toBe(3000);
    expect(replaced.done).toContain('disabled trigger noted');
    expect(replaced.done.at(-1)).toBe('committed');
    await ground.withSession(location, async (session) => {
      expect(await session.query(shape)).toEqual(before);
      expect(await hashTables(session, ['bookings', 'payments'])).toEqual(wanted);
      expect(await findDamage(session)).toMatchObject({ damaged: [], suggestion: 'none' });
      const refused = await failureOf(session.query('delete from bookings where id = 1'));
      expect(sqlState(refused)).toBe('23503');
      await session.query('insert into bookings(driver, fare) values (1, 5)');
      expect(await session.query('select count(*) from audit')).toEqual([{ count: 1 }]);
    });
  });

  it('leaves the target as it was when the side does not fit', async () => {
    await remakeSide();
    await ground.withSession(side, async (session) =>
      session.query('delete from payments; delete from bookings where id <= 10'),
    );
    const before = await ground.withSession(location, async (session) => [
      ...(await session.query(shape)),
      await hashTables(session, ['bookings']),
    ]);
    const orphaned = await failureOf(replace('bookings'));
    expect(sqlState(orphaned)).toBe('23503');
    expect((await failureOf(replace('booked'))).reason).toBe('refused');
    await ground.withSession(side, async (session) =>
      session.query('alter table bookings add column extra int'),
    );
    expect((await failureOf(replace('bookings'))).reason).toBe('refused');
    const after = await ground.withSession(location, async (session) => [
      ...(await session.query(shape)),
      await hashTables(session, ['bookings']),
    ]);
    expect(after).toEqual(before);
  });

  it('copies more than fits into memory at once, and gives up in the middle without hanging', async () => {
    const make = `create table bulk(id int primary key, filling text)`;
    const fill = `insert into bulk select i, repeat(md5(i::text), 20) from generate_series(1, 20000) i`;
    await query(location, make);
    await remakeSide();
    await query(side, fill);
    const { rows } = await replace('bulk');
    expect(rows).toBe(20_000);
    await query(location, 'truncate bulk; alter table bulk add constraint never check (id <> 1)');
    await remakeSide();
    await query(side, `alter table bulk drop constraint never; ${fill}`);
    const failure = await failureOf(replace('bulk'));
    expect(sqlState(failure)).toBe('23514');
    const left = await ground.withSession(location, async (session) =>
      session.query('select count(*) from bulk'),
    );
    expect(left).toEqual([{ count: 0 }]);
  });

  it('refuses to throw rows away that were committed after the side instance’s recovery ended', async () => {
    await query(
      location,
      'create table kept(id int primary key, note text); insert into kept values (1), (2)',
    );
    await remakeSide();
    await query(location, `insert into kept values (3), (4); update kept set note = 'x' where id = 1`);
    const refused = await failureOf(replace('kept'));
    expect(refused.reason).toBe('refused');
    expect(refused.message).toMatch(
      /^(public\.)?kept was changed .*: 3 row changes .* the last one is at 0\/[0-9A-F]+$/,
    );
    expect(await query(location, 'select count(*) from kept')).toEqual([{ count: 4 }]);

    // Open when the recovery ended, committed later: everything it wrote lies before that end.
    await query(location, 'checkpoint');
    await query(location, `begin; insert into kept values (5); prepare transaction 'late'`);
    await remakeSide();
    await query(location, `commit prepared 'late'`);
    expect((await failureOf(replace('kept'))).message).toMatch(/: 1 row changes are missing/);
    expect(await query(location, 'select count(*) from kept')).toEqual([{ count: 5 }]);
    await query(side, `rollback prepared 'late'`);

    await remakeSide();
    await query(location, 'vacuum full kept');
    expect((await failureOf(replace('kept'))).message).toMatch(/cannot be shown .* another file/);
    expect((await failureOf(replace('bulk', { ...location, dataDirectory: '/nowhere' }))).message).toMatch(
      /cannot be shown that (public\.)?bulk was not changed .*segment [0-9A-F]{24} .* is not in \/nowhere\/pg_wal/,
    );
    expect(
      (await failureOf(replace('bulk', { ...location, dataDirectory: side.dataDirectory }))).message,
    ).toMatch(/cannot be shown/);
  });

  it('needs the log since then, and takes what its server has let go of from the archive', async () => {
    await remakeSide();
    const archive = join(ground.directory, 'archive');
    const first = await query(location, 'select pg_walfile_name(pg_current_wal_lsn()) as name');
    const name = textColumn(first[0], 'name');
    await query(location, `select pg_logical_emit_message(true, 'x', 'y'), pg_switch_wal()`);
    await mkdir(archive);
    await cp(join(location.dataDirectory, 'pg_wal', name), join(archive, name));
    await rm(join(location.dataDirectory, 'pg_wal', name));
    const without = await failureOf(replace('kept'));
    expect([without.reason, without.message]).toEqual([
      'refused',
      expect.stringContaining(`segment ${name}`),
    ]);
    const request = { tools: ground.tools, side, target: location, table: 'kept', walDirectory: archive };
    expect((await replaceTable(request)).rows).toBe(5);
  });

  it('notices a heap file that was cut short, which reads without any error', async () => {
    await hurt('bookings', async (path) =>
      truncate(path, Math.floor((await stat(path)).size / 8192 / 2) * 8192),
    );
    await ground.withSession(location, async (session) => {
      await session.query(
        'set enable_indexonlyscan = off; set enable_indexscan = off; set enable_bitmapscan = off',
      );
      const [row] = await session.query('select count(*) from bookings');
      expect(Number(row?.['count'])).toBeLessThan(3000);
      const report = await findDamage(session, { tables: ['bookings'] });
      expect(report.suggestion).toBe('one-table');
    });
  });

  it('calls damage in two tables, or in a catalogue, a matter for the whole cluster', async () => {
    await hurt('payments', flip([1]));
    const report = await ground.withSession(location, async (session) =>
      findDamage(session, { tables: ['bookings', 'payments'] }),
    );
    expect(report.suggestion).toBe('whole');
    expect(report.damaged.map((one) => one.table).sort()).toEqual(['public.bookings', 'public.payments']);
  });
});
