import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { labFaults, trafficTarget } from '../../src/lab/index.js';
import { database, describeTables, useActionGround } from './action-ground.js';

const ground = useActionGround();
const never = new AbortController().signal;
const side = { cluster: 'side' };

describe('the way back "one-table"', () => {
  test('the damaged table comes back from a side instance, and nothing else changes', async () => {
    const { on } = ground;
    const { environment, lab } = on;
    const before = await on.query(describeTables);
    await labFaults
      .get('corrupt-heap-pages')!
      .inject(lab, { id: 'f', args: { relation: 'public.bookings' }, signal: never });
    const found = await on.act('postgres.find-damage', { database });
    expect(found).toMatchObject({
      damaged: ['public.bookings'],
      table: 'public.bookings',
      suggestion: 'one-table',
    });
    await on.act('service.stop');
    const { backup } = await on.act('postgres.usable-backup');
    expect(backup).toMatch(/-physical-/);
    expect(await on.ok('postgres.backup-exists', { backup: backup! })).toBe(true);

    const replace = { database, table: 'public.bookings', from: 'side' };
    expect(await on.refusal('postgres.replace-table', replace)).toMatchObject({ reason: 'refused' });
    const from = { backup: backup!, cluster: 'side' };
    expect(await on.ok('postgres.restored-from', from)).toBe(false);
    expect(
      await on.act('postgres.restore', { backup: backup!, until: 'latest', into: 'side' }),
    ).toMatchObject({
      backup,
      timeline: 2,
    });
    expect(await on.ok('postgres.restored-from', from)).toBe(true);
    expect(await on.ok('postgres.restored-from', { ...from, backup: 'another' })).toBe(false);

    const [counted] = await on.query(
      'select count(*)::int as rows from public.bookings',
      (await environment.postgres.find('side'))!,
    );
    const replaced = await on.act('postgres.replace-table', replace);
    expect(replaced).toMatchObject({ rows: counted?.['rows'] });
    const acknowledged = await on.acknowledged();

    expect(await on.act('postgres.find-damage', { database })).toMatchObject({
      damagedCount: 0,
      suggestion: 'none',
    });
    expect(await on.act('postgres.content-matches', { expectation: backup! })).toMatchObject({
      ok: true,
      expectation: backup,
    });
    // Written all the while into the cluster that stayed: not one may be missing.
    const there = new Set(await on.canaries());
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(await on.query(describeTables)).toEqual(before);
    await on.act('service.start');
    const [{ newest } = {}] =
      await on.query(`insert into public.bookings (user_id, status, pickup, dropoff, fare, requested_at)
      values (1, 'requested', 'a', 'b', 1, now()) returning id::int as newest`);
    expect(newest).toBeGreaterThan(Number(counted?.['rows']));
  });

  test('the side instance is removed, once, with all its files', async () => {
    const { on } = ground;
    const location = (await on.environment.postgres.find('side'))!;
    expect(await on.ok('postgres.is-removed', side)).toBe(false);
    expect(await on.act('postgres.remove-cluster', side)).toEqual({
      ok: true,
      removed: location.dataDirectory,
    });
    expect(existsSync(location.dataDirectory)).toBe(false);
    expect(await on.ok('postgres.is-removed', side)).toBe(true);
    expect(await on.act('postgres.remove-cluster', side)).toEqual({ ok: true, removed: null });
    expect(trafficTarget(on.lab).dataDirectory).not.toBe(location.dataDirectory);
  });
});

test('the eight tests of a backup give their numbers, and what was not run is not counted as passed', async () => {
  const { on } = ground;
  const { backup } = await on.act('postgres.usable-backup');
  const verified = await on.act('postgres.verify', { backup: backup! });
  expect([verified, on.said()]).toEqual([
    {
      ok: true,
      passed: 7,
      failed: [],
      notRun: ['2 decrypts and authenticates to the last byte'],
      restoreMs: expect.any(Number) as number,
    },
    expect.stringMatching(/test 8, usable and fresh: pass: .*the newest canary is/),
  ]);
  expect((await on.act('postgres.usable-backup'))['verifiedAt']).toEqual(expect.any(String));
  // It restored with the same password, and must leave it to the clusters that live.
  expect(await on.query('select 1 as one')).toEqual([{ one: 1 }]);

  expect(await on.act('postgres.verify', { backup: backup!, rpo: '1ms' })).toMatchObject({
    ok: false,
    failed: ['8 usable and fresh'],
  });
  const unobserved = { ...on.environment, sentinel: null };
  expect(await on.act('postgres.verify', { backup: backup! }, never, unobserved)).toMatchObject({
    ok: false,
    passed: 6,
    failed: [],
    notRun: ['2 decrypts and authenticates to the last byte', '8 usable and fresh'],
  });
});
