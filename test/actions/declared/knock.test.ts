import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { knock } from '../../../src/actions/declared/knock.js';
import { connectTo, freePort, type ClusterLocation, type Session } from '../../../src/postgres/index.js';
import { openGround, type Ground } from '../../postgres/throwaway-cluster.js';

let ground: Ground;
let server: ClusterLocation;
beforeAll(async () => {
  ground = await openGround();
  server = await ground.cluster('region-a', { max_connections: '4', superuser_reserved_connections: '0' });
  await ground.withSession(server, async (session) => session.query('create role rider login'));
});
afterAll(async () => ground.remove());

const letIn = async (location: ClusterLocation) => (await knock(location, 3000)).letIn;

test('a server that turns a client away has been reached, and no fence is proven by it', async () => {
  expect(await letIn(server)).toBe(true);
  const wrong = join(ground.directory, 'wrong.pass');
  writeFileSync(wrong, readFileSync(server.passfile ?? '', 'utf8').replace(/[^:\n]+\n?$/, 'another\n'), {
    mode: 0o600,
  });
  expect(await letIn({ ...server, passfile: wrong })).toBe(true);
  expect(await letIn({ ...server, passfile: null })).toBe(true);
  expect(await letIn({ ...server, database: 'no_such_database' })).toBe(true);
  const full: Session[] = [];
  try {
    for (;;) full.push(await connectTo(server));
  } catch {
    expect(await letIn(server)).toBe(true);
  } finally {
    for (const session of full) await session.end();
  }
  expect(full).toHaveLength(4);
});

test('nobody is reached where nothing listens, and where a rule lets nobody in', async () => {
  expect(await letIn({ ...server, port: await freePort() })).toBe(false);
  const rules = join(server.dataDirectory, 'pg_hba.conf');
  writeFileSync(rules, `host all rider all reject\n${readFileSync(rules, 'utf8')}`);
  appendFileSync(server.passfile ?? '', `*:*:*:rider:any\n`);
  await ground.withSession(server, async (session) => session.query('select pg_reload_conf()'));
  expect(await letIn({ ...server, user: 'rider' })).toBe(false);
});
