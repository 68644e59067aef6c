import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePeople } from '../../src/lab/sample/people.js';
import { openGround, type Ground } from '../postgres/throwaway-cluster.js';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(async () => ground.remove());

test('the plates of more than a hundred thousand drivers are all different', async () => {
  const cluster = await ground.cluster('sample');
  const drivers = 100_020;
  const [row] = await ground.withSession(cluster, async (session) => {
    await session.query('create extension citext');
    for (const sql of makePeople({ bookings: 200, users: 50, drivers }).statements) await session.query(sql);
    return session.query('select count(distinct plate)::int4 as plates from public.drivers');
  });
  expect(row?.['plates']).toBe(drivers);
});
