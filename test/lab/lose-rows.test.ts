import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import { readLostRowsTruth, writeLostRowsTruth } from '../../src/damage/index.js';
import { labFaults, setLoad, switchTraffic, trafficTarget, type Lab } from '../../src/lab/index.js';
import { connectTo, hashTable, type ClusterLocation, type Session } from '../../src/postgres/index.js';
import { makeTestLab, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let location: ClusterLocation;
let session: Session;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.1 });
  lab = test.lab;
  location = trafficTarget(lab);
  session = await connectTo(location);
  for (const name of ['still', 'again', 'killed', 'guarded'])
    await session.query(
      `create table public.${name} (id int primary key, text text);
       insert into public.${name} select i, md5(i::text) from generate_series(1, 500) i where i <> 250`,
    );
  await setLoad(lab, 20);
});
afterAll(async () => {
  await session.end();
  expect(await test.down()).toEqual([]);
});

const fault = labFaults.get('lose-rows')!;
const never = new AbortController().signal;
const inject = (id: string, args: JsonObject) =>
  fault.inject(lab, { id, args: { laterBookings: 3, ...args }, signal: never });
const truthFile = (id: string) => join(lab.paths.faults, `${id}.json`);
const one = async (sql: string) => Object.values((await session.query(sql))[0] ?? {})[0];

describe('lose-rows', () => {
  it('deletes every row while people go on booking, and fails nowhere: silent', async () => {
    const { groundTruth, proof, silent } = await inject('f1', { how: 'delete', table: 'public.payments' });
    expect(silent).toBe(true);
    const truth = readLostRowsTruth(truthFile('f1'))!;
    const [table] = truth.tables;
    expect(truth).toMatchObject({ relations: ['public.payments'], statement: 'delete from public.payments' });
    expect(table!.lost.rows).toBe(table!.rows);
    // Every payment that there ever was is either lost by name or was booked after the harm.
    const lost = table!.lost.ranges!.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    expect(lost).toBe(table!.rows);
    const last = table!.lost.ranges!.at(-1)![1];
    expect(await one(`select count(*)::int from public.payments where id <= ${last}`)).toBe(0);
    expect(await one('select count(*)::int from public.payments')).toBeGreaterThanOrEqual(3);
    expect((groundTruth['laterBookings'] as JsonObject)['acknowledged']).toBeGreaterThanOrEqual(3);
    expect(proof).toMatchObject({
      message: `0 of the ${table!.rows} rows are as they were`,
      rows: table!.rows,
    });
    expect(JSON.stringify(proof)).not.toContain(truth.xid);
    expect(await one(`select pg_xact_status('${truth.fullXid}'::xid8)`)).toBe('committed');
    expect(await one(`select '${truth.lsnBeforeCommit}'::pg_lsn < '${truth.lsnAfterCommit}'::pg_lsn`)).toBe(
      true,
    );
  });

  it('hashes what was there, not what was there a moment ago', async () => {
    const before = await hashTable(session, 'public.still');
    await inject('f2', { how: 'bad-update', table: 'public.still', column: 'text', value: 'gone' });
    expect(readLostRowsTruth(truthFile('f2'))!.tables).toMatchObject([
      {
        rows: 499,
        hash: before.hash,
        key: ['id'],
        lost: {
          rows: 499,
          ranges: [
            [1, 249],
            [251, 500],
          ],
        },
      },
    ]);
    expect(await one(`select count(*)::int from public.still where text = 'gone'`)).toBe(499);
  });

  it('truncates with everything that refers to it, each table on record', async () => {
    const events = await one('select count(*)::int from public.booking_events');
    const { proof } = await inject('f3', { how: 'truncate', table: 'public.bookings' });
    expect(proof['relations']).toEqual(['public.bookings', 'public.payments']);
    expect(await one('select count(*)::int from public.bookings where id <= 4000')).toBe(0);
    expect(await one('select count(*)::int from public.booking_events')).toBeGreaterThanOrEqual(
      Number(events),
    );
  });

  it('drops a table', async () => {
    const { proof } = await inject('f4', { how: 'drop', table: 'public.booking_events_2026_03' });
    expect(proof['message']).toContain('does not exist [SQLSTATE 42P01]');
    expect(await one(`select to_regclass('public.booking_events_2026_03')`)).toBeNull();
  });

  it('does nothing a second time under the same id', async () => {
    const first = await inject('f5', { how: 'delete', table: 'public.again' });
    await session.query(`insert into public.again values (1, 'written since')`);
    const file = readFileSync(truthFile('f5'), 'utf8');
    const second = await inject('f5', { how: 'delete', table: 'public.again' });
    expect(readFileSync(truthFile('f5'), 'utf8')).toBe(file);
    expect(second.proof).toEqual(first.proof);
    expect(await one('select count(*)::int from public.again')).toBe(1);
  });

  it('killed before its commit begins anew, killed after it harms no second time', async () => {
    const rolledBack = await session
      .transaction(async (inside) => {
        const [row] = await inside.query('select pg_current_xact_id()::text as xid');
        throw new Error(JSON.stringify(row?.['xid']));
      })
      .catch((error: unknown) => (error as Error).message.replaceAll('"', ''));
    const truth = readLostRowsTruth(truthFile('f5'))!;
    const cutOff = { at: null, acknowledgedAt: null, firstRead: null };
    writeLostRowsTruth(truthFile('f6'), { ...truth, ...cutOff, xid: rolledBack, fullXid: rolledBack });
    await inject('f6', { how: 'delete', table: 'public.killed' });
    const done = readLostRowsTruth(truthFile('f6'))!;
    expect(done).toMatchObject({ relations: ['public.killed'], tables: [{ rows: 499 }] });
    await session.query(`insert into public.killed values (1, 'written since')`);
    writeLostRowsTruth(truthFile('f6'), { ...done, acknowledgedAt: null, firstRead: { at: '', said: '' } });
    await inject('f6', { how: 'delete', table: 'public.killed' });
    expect(readLostRowsTruth(truthFile('f6'))!.xid).toBe(done.xid);
    expect(await one('select count(*)::int from public.killed')).toBe(1);
  });

  it('touches nothing in a cluster that is not the lab’s', async () => {
    const stranger = { ...location, dataDirectory: test.outside };
    switchTraffic(lab, stranger);
    await expect(inject('f7', { how: 'delete', table: 'public.guarded' })).rejects.toMatchObject({
      reason: 'refused',
    });
    switchTraffic(lab, location);
    expect(existsSync(truthFile('f7'))).toBe(false);
    expect(await one('select count(*)::int from public.guarded')).toBe(499);
  });

  it.each([
    ['an unknown table', { how: 'delete', table: 'public.nothing' }, 'invalid'],
    ['a table that others refer to', { how: 'delete', table: 'public.cities' }, 'check'],
    ['a bad update without a value', { how: 'bad-update', table: 'public.guarded' }, 'invalid'],
  ])('refuses %s and leaves everything as it is', async (_, args, reason) => {
    await expect(inject('f8', args)).rejects.toMatchObject({ reason });
    expect(await one('select count(*)::int from public.guarded')).toBe(499);
    expect(await one('select count(*)::int from public.cities')).toBe(5);
  });

  it('does not begin where nobody books, for then nothing would have to be kept', async () => {
    await setLoad(lab, 0);
    await expect(inject('f9', { how: 'delete', table: 'public.guarded' })).rejects.toThrow(/books nothing/);
    expect(existsSync(truthFile('f9'))).toBe(false);
    expect(await inject('f9', { how: 'delete', table: 'public.guarded', laterBookings: 0 })).toMatchObject({
      proof: { rows: 499 },
    });
  });

  it('takes no file for its truth that is none', async () => {
    writeFileSync(truthFile('f10'), '{"kind":"heap-pages","pages":[]}');
    await expect(
      inject('f10', { how: 'delete', table: 'public.guarded', laterBookings: 0 }),
    ).rejects.toMatchObject({ reason: 'refused' });
    await expect(inject('../f', { how: 'delete', table: 'public.guarded' })).rejects.toMatchObject({
      reason: 'invalid',
    });
  });

  it('is described and previewed without a lab', () => {
    const args = { how: 'bad-update', table: 'public.payments', column: 'amount', value: '0' };
    expect(fault.describe(args)).toContain(`sets amount of every row of public.payments to '0'`);
    expect(fault.preview(args).join('\n')).toContain(`UPDATE public.payments SET amount = '0'`);
    expect(fault.describe({ how: 'delete', table: 'public.payments' })).toContain('deletes every row');
    expect(fault.with).toMatchObject({ additionalProperties: false, required: ['how', 'table'] });
  });
});
