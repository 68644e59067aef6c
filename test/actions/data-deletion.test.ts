import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import { readLostRowsTruth, type LostRowsTruth } from '../../src/damage/index.js';
import { labFaults } from '../../src/lab/index.js';
import { compareLsn, connectTo, hashTable, type ClusterLocation } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { database, describeTables, text, useActionGround } from './action-ground.js';

const ground = useActionGround();
const never = new AbortController().signal;
const side = { cluster: 'side' };

/** Harms, finds the very transaction, and makes a side instance of just before it; what ought to be true of any way is looked at here. */
async function harmAndFind(id: string, args: JsonObject, between?: () => Promise<unknown>) {
  const { on } = ground;
  // Earlier harm, long mended, stands in the same log.
  const from = await here();
  const injected = await labFaults
    .get('lose-rows')!
    .inject(on.lab, { id, args: { laterBookings: 5, ...args }, signal: never });
  const truth = readLostRowsTruth(join(on.lab.paths.faults, `${id}.json`))!;
  const watched = await on.act('postgres.watch-rows', { database });
  await between?.();
  const found = await on.act('postgres.find-transaction', {
    ...{ database, from },
    tables: watched['lost']!,
  });
  // The truth was taken by asking the server, the finding by reading the log: they share nothing.
  expect(found).toMatchObject({ ok: true, xid: truth.xid, suggestion: 'selective' });
  const commit = text(found['commitLsn']);
  expect(compareLsn(commit, truth.lsnBeforeCommit!)).toBeGreaterThanOrEqual(0);
  expect(compareLsn(commit, truth.lsnAfterCommit!)).toBeLessThan(0);
  const committedAt = Date.parse(text(found['committedAt']));
  expect(committedAt).toBeGreaterThanOrEqual(Date.parse(truth.at!));
  expect(committedAt).toBeLessThanOrEqual(Date.parse(truth.acknowledgedAt!) + 1);
  const later = injected.groundTruth['laterBookings'] as JsonObject;
  expect(found['laterCommits']).toBeGreaterThanOrEqual(Number(later['acknowledged']));
  const { backup } = await on.act('postgres.usable-backup', { before: found['committedAt']! });
  await on.act('postgres.restore', { backup: backup!, until: { xid: found['xid']! }, into: 'side' });
  const which = {
    database,
    xid: found['xid']!,
    firstLsn: found['firstLsn']!,
    commitLsn: found['commitLsn']!,
  };
  const location = (await on.environment.postgres.find('side'))!;
  for (const table of truth.tables)
    expect(await contentOf(location, table.table), table.table).toEqual({
      rows: table.rows,
      hash: table.hash,
    });
  expect(await on.ok('postgres.is-back', which)).toBe(false);
  return { truth, watched, found, which, backup: backup!, location, lastLater: Number(later['lastId']) };
}

async function here(): Promise<string> {
  const [row] = await ground.on.query('select pg_current_wal_lsn()::text as lsn');
  return text(row?.['lsn']);
}

async function contentOf(location: ClusterLocation, table: string) {
  const session = await connectTo(location);
  const { rows, hash } = await hashTable(session, table).finally(() => session.end());
  return { rows, hash };
}

/** Count and hash of the rows that the truth lists as lost, in the live table: what it must be again. */
async function lostRowsNow(truth: LostRowsTruth, table: number) {
  const { table: name, key, lost } = truth.tables[table]!;
  const ranges = lost.ranges!.map(([first, last]) => `${key[0]} between ${first} and ${last}`).join(' or ');
  const [row] = await ground.on.query(
    `select count(*)::int as rows, sum(hash_record_extended(row(record_send(t.*)), 0))::text as hash from ${name} t where ${ranges}`,
  );
  return row;
}

const number = async (sql: string) => Number(Object.values((await ground.on.query(sql))[0] ?? {})[0]);
const countPayments = () => number('select count(*) from public.payments');

describe('before anything has happened', () => {
  test('nothing is lost, and nothing was deleted', async () => {
    const { on } = ground;
    expect(await on.act('postgres.watch-rows', { database })).toMatchObject({
      ok: true,
      lostCount: 0,
    });
    expect(await on.act('postgres.counted-deletions', { database })).toMatchObject({
      deleted: 0,
      updated: 0,
    });
    const nothing = { database, xid: '3', firstLsn: '0/1', commitLsn: '0/2' };
    expect(await on.refusal('postgres.copy-back', nothing)).toMatchObject({ reason: 'refused' });
    expect(await on.ok('postgres.is-back', nothing)).toBe(false);
  });
});

// A test that fails leaves no side instance in the way of the next one.
afterEach(async () => {
  await ground.on.act('postgres.remove-cluster', side);
});

describe('DELETE without WHERE', () => {
  test('exactly the lost rows come back, and every later booking stays', async () => {
    const { on } = ground;
    const before = await on.query(describeTables);
    const { truth, watched, found, which, backup, lastLater } = await harmAndFind('delete', {
      how: 'delete',
      table: 'public.payments',
    });
    expect(watched).toMatchObject({ lost: ['public.payments'], lostCount: 1 });
    const counted = await eventually('the counters of a session that ended', async () => {
      const one = await on.act('postgres.counted-deletions', { database });
      return one['ok'] === false && one;
    });
    expect(counted).toMatchObject({
      deleted: truth.tables[0]!.rows,
      tables: ['public.payments'],
    });
    expect(found).toMatchObject({ relations: ['public.payments'], rows: truth.tables[0]!.rows });
    const loss = await on.act('sentinel.loss-after', { moment: found['committedAt']! });
    expect(loss['commits']).toBeGreaterThan(0);
    expect(loss['said']).toContain('computed from its ledger');

    const sequence = await number(`select last_value from public.payments_id_seq`);
    const payments = await countPayments();
    const copied = await on.act('postgres.copy-back', which);
    expect(copied).toMatchObject({ inserted: truth.tables[0]!.rows, overwritten: 0, conflicting: 0 });
    expect(await lostRowsNow(truth, 0)).toEqual({
      rows: truth.tables[0]!.rows,
      hash: truth.tables[0]!.hash,
    });
    expect(await on.act('postgres.is-back', which)).toMatchObject({
      ok: true,
      equal: truth.tables[0]!.rows,
      missing: 0,
    });
    expect(await number(`select count(*) from public.payments where booking_id <= ${lastLater}`)).toBe(
      await number(`select count(*) from public.bookings where id <= ${lastLater} and status = 'completed'`),
    );
    expect(await countPayments()).toBeGreaterThanOrEqual(payments + truth.tables[0]!.rows);
    expect(await number(`select last_value from public.payments_id_seq`)).toBeGreaterThanOrEqual(sequence);
    expect(await on.ok('postgres.content-matches', { expectation: backup })).toBe(true);
    expect(await on.query(describeTables)).toEqual(before);
    const acknowledged = await on.acknowledged();
    const there = new Set(await on.canaries());
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);

    // Once more finds nothing to do, and a side instance of another moment is refused.
    expect(await on.act('postgres.copy-back', which)).toMatchObject({ inserted: 0, conflicting: 0 });
    expect(await on.refusal('postgres.copy-back', { ...which, commitLsn: which.firstLsn })).toMatchObject({
      reason: 'refused',
    });
  });

  test('a row that somebody deleted on purpose later, elsewhere in the table, stays deleted', async () => {
    const { on } = ground;
    await on.query(
      `create table public.tickets (id int primary key, text text);
       insert into public.tickets select i, md5(i::text) from generate_series(1, 100) i`,
    );
    const session = await connectTo(await on.environment.postgres.current());
    await session.query(`begin; savepoint a; delete from public.tickets where id <= 40; release a;
      savepoint b; delete from public.tickets where id > 90; rollback to b; commit`);
    await session.query('delete from public.tickets where id = 77');
    await session.end();
    const found = await on.act('postgres.find-transaction', { database, tables: ['public.tickets'] });
    expect(found).toMatchObject({ ok: true, rows: 40, relations: ['public.tickets'] });
    expect((found['candidates'] as string[]).join('\n')).toContain('deleted 1 rows of public.tickets');
    const { backup } = await on.act('postgres.usable-backup');
    await on.act('postgres.restore', { backup: backup!, until: { xid: found['xid']! }, into: 'side' });
    const { xid, firstLsn, commitLsn } = found;
    expect(
      await on.act('postgres.copy-back', { database, xid: xid!, firstLsn: firstLsn!, commitLsn: commitLsn! }),
    ).toMatchObject({ inserted: 40 });
    expect(await number('select count(*) from public.tickets')).toBe(99);
    expect(await number('select count(*) from public.tickets where id = 77')).toBe(0);
  });
});

describe('TRUNCATE', () => {
  test('tables come back in the order of their keys, and no trigger fires for what comes back', async () => {
    const { on } = ground;
    const before = await on.query(describeTables);
    const { truth, watched, found, which, lastLater } = await harmAndFind('truncate', {
      how: 'truncate',
      table: 'public.bookings',
    });
    expect(watched['lost']).toEqual(['public.bookings', 'public.payments']);
    expect(found).toMatchObject({ relations: ['public.bookings', 'public.payments'], rows: null });
    const events = await number(`select count(*) from public.booking_events where booking_id <= 20000`);
    const copied = await on.act('postgres.copy-back', which);
    const rows = truth.tables.reduce((sum, table) => sum + table.rows, 0);
    expect(copied).toMatchObject({ inserted: rows, conflicting: 0 });
    expect((copied['tables'] as JsonObject[]).map((one) => one['table'])).toEqual([
      'public.bookings',
      'public.payments',
    ]);
    expect(copied['done']).toContain('disabled trigger note_booking of public.bookings');
    expect(copied['done']).toContain('enabled trigger note_booking of public.bookings as before');
    expect(await number(`select count(*) from public.booking_events where booking_id <= 20000`)).toBe(events);
    for (const at of [0, 1])
      expect(await lostRowsNow(truth, at)).toEqual({
        rows: truth.tables[at]!.rows,
        hash: truth.tables[at]!.hash,
      });
    expect(await number(`select count(*) from public.bookings where id = ${lastLater}`)).toBe(1);
    expect(await on.ok('postgres.is-back', which)).toBe(true);
    expect(await on.query(describeTables)).toEqual(before);
  });
});

describe('DROP TABLE', () => {
  test('the table comes back with everything that belonged to it, in its place among the partitions', async () => {
    const { on } = ground;
    const table = 'public.booking_events_2026_03';
    const withoutNumber = describeTables.replace("concat_ws(' ', oid, ", "concat_ws(' ', ");
    const before = await on.query(withoutNumber);
    const { truth, watched, found, which } = await harmAndFind('drop', { how: 'drop', table });
    expect(watched).toMatchObject({ lost: [table], found: [`${table} is not there`] });
    expect(found).toMatchObject({ relations: [table], what: `dropped ${table}` });
    expect(await on.act('postgres.copy-back', which)).toMatchObject({ inserted: truth.tables[0]!.rows });
    expect(await on.ok('postgres.is-back', which)).toBe(true);
    const { rows, hash } = truth.tables[0]!;
    expect(rows).toBeGreaterThan(100);
    expect(await contentOf(await on.environment.postgres.current(), table)).toEqual({ rows, hash });
    expect(
      await number(
        `select count(*) from public.booking_events where at >= '2026-03-01' and at < '2026-04-01'`,
      ),
    ).toBe(rows);
    expect(await on.query(withoutNumber)).toEqual(before);
  });

  test('with the views, keys and triggers that went with it', async () => {
    const { on } = ground;
    await on.query(
      `create table public.zones (id int primary key, name text not null unique);
       insert into public.zones values (1, 'North'), (2, 'South');
       create table public.stops (id int generated by default as identity primary key, zone int references public.zones);
       insert into public.stops (zone) values (1), (2), (2);
       create function public.told() returns trigger language plpgsql as $$ begin raise exception 'told again'; end $$;
       create trigger told before insert on public.zones for each row execute function public.told();
       create view public.zone_names as select name from public.zones;
       create materialized view public.zone_counts as select count(*) from public.zone_names;
       grant select on public.zones to ride_report`,
    );
    const withoutNumber = describeTables.replace("concat_ws(' ', oid, ", "concat_ws(' ', ");
    const before = await on.query(withoutNumber);
    await on.query('drop table public.zones cascade');
    await on.query('insert into public.stops (zone) values (1)');
    const found = await on.act('postgres.find-transaction', { database, tables: ['public.zones'] });
    expect(found).toMatchObject({ ok: true, relations: ['public.zones'] });
    const { backup } = await on.act('postgres.usable-backup');
    await on.act('postgres.restore', { backup: backup!, until: { xid: found['xid']! }, into: 'side' });
    const { xid, firstLsn, commitLsn } = found;
    expect(
      await on.act('postgres.copy-back', { database, xid: xid!, firstLsn: firstLsn!, commitLsn: commitLsn! }),
    ).toMatchObject({ inserted: 2 });
    expect(await on.query(withoutNumber)).toEqual(before);
    expect(await number('select count from public.zone_counts')).toBe(2);
    expect(await number('select count(*) from public.stops')).toBe(4);
  });
});

describe('a bad UPDATE', () => {
  test('only rows that still hold the bad value are overwritten; those corrected since are listed', async () => {
    const { on } = ground;
    const args = { how: 'bad-update', table: 'public.payments', column: 'amount', value: '0' };
    const { truth, watched, found, which } = await harmAndFind('update', args, () =>
      // People go on: two rows are corrected to something else, one to what it was, one is deleted, two change elsewhere.
      on.query(`
        update public.payments set amount = 123.45 where id in (1, 2);
        update public.payments p set amount = b.fare from public.bookings b where b.id = p.booking_id and p.id = 3;
        delete from public.payments where id = 4;
        update public.payments set method = case method when 'card' then 'cash' else 'card' end where id in (5, 6)`),
    );
    expect(watched['lost']).toEqual(['public.payments']);
    expect(found).toMatchObject({ relations: ['public.payments'], rows: truth.tables[0]!.rows });
    const copied = await on.act('postgres.copy-back', which);
    const { rows } = truth.tables[0]!;
    expect(copied).toMatchObject({
      inserted: 0,
      conflicting: 3,
      tables: [{ overwritten: rows - 6, mended: 2, kept: 1, conflicting: 3, lost: rows }],
    });
    const conflicts = copied['conflicts'] as { conflict: { key: { id: number }; why: string } }[];
    expect(conflicts.map(({ conflict }) => [conflict.key.id, conflict.why])).toEqual([
      [1, 'changed since'],
      [2, 'changed since'],
      [4, 'deleted since'],
    ]);
    expect(
      await on.query(
        'select id::int, amount::text, method from public.payments where id in (1, 5) order by 1',
      ),
    ).toEqual([
      { id: 1, amount: '123.45', method: expect.any(String) as string },
      {
        id: 5,
        amount: expect.not.stringMatching(/^0/) as string,
        method: expect.stringMatching(/^(cash|card)$/) as string,
      },
    ]);
    expect(await number('select count(*) from public.payments where id = 4')).toBe(0);
    expect(
      await number(
        `select count(*) from public.payments p join public.bookings b on b.id = p.booking_id where p.amount <> b.fare`,
      ),
    ).toBe(2);
    expect(await on.act('postgres.is-back', which)).toMatchObject({
      ok: true,
      missing: 0,
      stillBad: 0,
      changedSince: 5,
    });
  });
});
