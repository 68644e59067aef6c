import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createCluster,
  formatLsn,
  logBeyond,
  parseLsn,
  startCluster,
  textColumn,
} from '../../src/postgres/index.js';
import { openGround, quick, type Ground } from './throwaway-cluster.js';

const segmentBytes = 1024 * 1024;
let ground: Ground;
let log: string;
let from: string;
let to: string;
const names = () => readdirSync(log).sort();
const beyond = () => logBeyond({ tools: ground.tools, places: [log], timeline: 1, segmentBytes, from, to });

beforeAll(async () => {
  ground = await openGround();
  const location = await ground.place('one');
  await createCluster(ground.tools, location, { settings: quick, initdbArgs: ['--wal-segsize=1'] });
  await startCluster(ground.tools, location);
  log = join(ground.directory, 'log');
  mkdirSync(log);
  await ground.withSession(location, async (session) => {
    const ask = async (sql: string) =>
      textColumn((await session.query(`select (${sql})::text as it`))[0], 'it');
    await session.query('create table t (a int)');
    await session.query('select pg_switch_wal()');
    from = await ask('pg_current_wal_insert_lsn()');
    for (const one of [1, 2, 3]) {
      await session.query(`insert into t values (${one})`);
      if (one < 3) await session.query('select pg_switch_wal()');
    }
    const last = await ask('pg_current_wal_flush_lsn()');
    to = formatLsn((parseLsn(last) / BigInt(segmentBytes) + 1n) * BigInt(segmentBytes));
    const first = await ask(`pg_walfile_name('${from}'::pg_lsn + 1)`);
    const end = await ask(`pg_walfile_name('${last}')`);
    const written = join(location.dataDirectory, 'pg_wal');
    for (const name of readdirSync(written).filter((one) => one >= first && one <= end))
      copyFileSync(join(written, name), join(log, name));
  });
});
afterAll(() => ground.remove());

describe('the log beyond a place', () => {
  test('is counted to where its last segment has been filled', async () => {
    expect(names().length).toBeGreaterThanOrEqual(3);
    const found = await beyond();
    expect(found.commits).toBeGreaterThanOrEqual(3);
    expect(found.lastAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test('that is damaged before its last segment is not taken for one that ends there', async () => {
    const middle = join(log, names()[1]!);
    const sound = readFileSync(middle);
    // Behind the page's header: the first record, so that nothing is left to tell its own end by.
    writeFileSync(
      middle,
      Buffer.concat([sound.subarray(0, 40), Buffer.alloc(200, 0xab), sound.subarray(240)]),
    );
    await expect(beyond()).rejects.toMatchObject({ reason: 'check' });
    writeFileSync(middle, sound);
    expect((await beyond()).commits).toBeGreaterThanOrEqual(3);
  });
});
