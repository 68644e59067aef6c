import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import { readLostRowsTruth, type LostRowsTruth } from '../../src/damage/index.js';
import { labFaults } from '../../src/lab/index.js';
import { compareLsn, connectTo, hashTable, type ClusterLocation } from '../../src/postgres/index.js';
import { database, text, useActionGround } from './action-ground.js';

/** The ground of the tests of one file about deleted data, and what they share. */
export const ground = useActionGround();
const never = new AbortController().signal;

// A test that fails leaves no side instance in the way of the next one.
afterEach(async () => {
  await ground.on.act('postgres.remove-cluster', { cluster: 'side' });
});

/** Harms, finds the very transaction, and makes a side instance of just before it; what ought to be true of any way is looked at here. */
export async function harmAndFind(id: string, args: JsonObject, between?: () => Promise<unknown>) {
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

export async function contentOf(location: ClusterLocation, table: string) {
  const session = await connectTo(location);
  const { rows, hash } = await hashTable(session, table).finally(() => session.end());
  return { rows, hash };
}

/** Count and hash of the rows that the truth lists as lost, in the live table: what it must be again. */
export async function lostRowsNow(truth: LostRowsTruth, table: number) {
  const { table: name, key, lost } = truth.tables[table]!;
  const ranges = lost.ranges!.map(([first, last]) => `${key[0]} between ${first} and ${last}`).join(' or ');
  const [row] = await ground.on.query(
    `select count(*)::int as rows, sum(hash_record_extended(row(record_send(t.*)), 0))::text as hash from ${name} t where ${ranges}`,
  );
  return row;
}

export const number = async (sql: string) => Number(Object.values((await ground.on.query(sql))[0] ?? {})[0]);
