import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import { connectTo } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { database, describeTables } from './action-ground.js';
import { ground, harmAndFind, lostRowsNow, number } from './deletion-ground.js';

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
    const payments = await number('select count(*) from public.payments');
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
    expect(await number('select count(*) from public.payments')).toBeGreaterThanOrEqual(
      payments + truth.tables[0]!.rows,
    );
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
