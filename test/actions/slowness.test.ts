import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import { labFaults, trafficTarget } from '../../src/lab/index.js';
import { connectTo } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { database, text, useActionGround } from './action-ground.js';

const ground = useActionGround();
const of = { database };
const inject = async (name: string, args: JsonObject = {}) =>
  labFaults.get(name)!.inject(ground.on.lab, { id: name, args, signal: new AbortController().signal });
const find = async () => ground.on.act('postgres.find-slowness', { ...of, seconds: 60 });
const list = (value: unknown) => value as readonly string[];

/** Works while the lab's cluster cannot be known again. */
async function withoutToken(work: () => Promise<void>): Promise<void> {
  const token = join(dirname(trafficTarget(ground.on.lab).dataDirectory), 'token');
  renameSync(token, `${token}.away`);
  await work().finally(() => renameSync(`${token}.away`, token));
}
/** Bookings go through again: whoever waited goes on by itself. */
const booked = async () => {
  const [before] = await ground.on.query('select max(id) as id from public.bookings');
  await eventually('a booking', async () => {
    const [now] = await ground.on.query('select max(id) as id from public.bookings');
    return Number(now!['id']) > Number(before!['id']);
  });
};

/** Somebody works on the table; the statement waits for that; the step is stopped: nothing of it goes on at the server. */
async function stopWhileItWaits(statement: string, action: string, args: JsonObject): Promise<void> {
  const { on } = ground;
  const somebody = await connectTo(trafficTarget(on.lab));
  const active = `select wait_event_type from pg_stat_activity
                   where state = 'active' and query ilike '${statement} %' and pid <> pg_backend_pid()`;
  try {
    await somebody.query('begin');
    await somebody.query('lock table public.bookings in share update exclusive mode');
    const stop = new AbortController();
    const acting = on.act(action, args, stop.signal);
    acting.catch(() => undefined);
    await eventually('its wait', async () =>
      (await on.query(active)).some((row) => row['wait_event_type'] === 'Lock'),
    );
    stop.abort();
    await expect(acting).rejects.toMatchObject({ reason: 'cancelled' });
    expect(await on.query(active)).toEqual([]);
  } finally {
    await somebody.end();
  }
}

describe('a healthy service', () => {
  test('is found healthy in every respect', async () => {
    const { on } = ground;
    const measured = await on.act('postgres.measure-latency');
    expect(measured).toMatchObject({ ok: true, givenUp: 0, newScansCount: 0 });
    expect(list(measured['said'])).toHaveLength(4);
    expect(measured['p95Ms']).toBeLessThanOrEqual(Number(measured['objectiveMs']));
    expect(on.said()).toContain('baseline p95');
    for (const [name, args] of [
      ['postgres.changed-plans', {}],
      ['postgres.blocking-tree', {}],
      ['postgres.long-queries', {}],
      ['postgres.missing-objects', of],
      ['postgres.stale-statistics', of],
      ['postgres.bloat', of],
      ['postgres.connections', {}],
      ['postgres.has-baseline', { withinHours: 1 }],
      ['postgres.is-over', { sessions: ['1@2027-01-17T01:02:03.000004Z'] }],
    ] as const)
      expect([name, await on.ok(name, args)]).toEqual([name, true]);
    expect(await find()).toMatchObject({
      ok: true,
      causes: [],
      relief: 'nothing-to-end',
      repair: 'nothing-to-repair',
      notLookedAt: [],
    });
    expect(await on.ok('postgres.has-baseline', { withinHours: 0 })).toBe(false);
    expect(await on.ok('postgres.record-baseline')).toBe(true);
  });

  test('is asked for nothing that was not found', async () => {
    const { on } = ground;
    for (const [name, args] of [
      ['postgres.end-root-blocker', { sessions: [] }],
      ['postgres.cancel-query', { queries: [] }],
      ['postgres.end-horizon-holder', { sessions: [] }],
      ['postgres.vacuum', { ...of, tables: [] }],
      ['postgres.rebuild-indexes', { ...of, indexes: [] }],
    ] as const)
      expect((await on.refusal(name, args)).reason).toBe('invalid');
  });

  test('an environment without canary queries says what to declare', async () => {
    const { on } = ground;
    const without = { ...on.environment, latency: null };
    await expect(on.act('postgres.measure-latency', {}, undefined, without)).rejects.toMatchObject({
      reason: 'unavailable',
      hint: expect.stringContaining('add `latency` under `environments.lab`') as string,
    });
  });
});

describe('a lock storm', () => {
  test('is traced to its root, and ending that one alone frees everybody', async () => {
    const { on } = ground;
    await inject('lock-storm');
    expect(await on.act('postgres.measure-latency')).toMatchObject({ ok: false, newScansCount: 0 });
    const tree = await on.act('postgres.blocking-tree');
    expect(tree).toMatchObject({ ok: false, rootCount: 1, rootState: 'idle in transaction' });
    expect(list(tree['tree'])[0]).toMatch(/^\d+ ride_app \(monthly report\): idle in transaction for/);
    expect(list(tree['tree'])[1]).toMatch(
      /^ {2}\d+ postgres \(schema migration\): active .*AccessExclusiveLock/,
    );
    const found = await find();
    expect(found).toMatchObject({ ok: false, relief: 'end-root-blocker', roots: tree['roots']! });
    expect(text(found['summary'])).toContain('monthly report');

    // Who waits is not the root: never ended, however often one asks.
    const [queued] = await on.query(
      `select pid || '@' || to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as id
         from pg_stat_activity where application_name = 'schema migration'`,
    );
    const wrong = { sessions: [text(queued!['id'])] };
    expect((await on.refusal('postgres.end-root-blocker', wrong)).message).toContain('it is not the root');
    const sessions = { sessions: list(found['roots']) };
    await withoutToken(async () => {
      expect((await on.refusal('postgres.end-root-blocker', sessions)).reason).toBe('refused');
    });
    expect(await on.ok('postgres.is-over', sessions)).toBe(false);
    expect(await on.ok('postgres.is-over', wrong)).toBe(false);

    expect(await on.act('postgres.end-root-blocker', sessions)).toMatchObject({
      ended: sessions.sessions,
      gone: [],
    });
    expect(on.said()).toContain('select count(*) from public.bookings');
    expect(await on.ok('postgres.is-over', sessions)).toBe(true);
    await eventually('the end of the queue', () => on.ok('postgres.blocking-tree'));
    expect(await on.ok('postgres.measure-latency')).toBe(true);
    await booked();
    // Somebody else with that process id is not hit.
    expect(await on.act('postgres.end-root-blocker', sessions)).toMatchObject({
      ended: [],
      gone: sessions.sessions,
    });
  });

  test('leaves what the ended session was doing as evidence', () => {
    const folder = ground.on.evidenceFolder;
    const facts = readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonObject)
      .find((one) => one['application_name'] === 'monthly report');
    expect(facts).toMatchObject({ state: 'idle in transaction', usename: 'ride_app' });
    expect(JSON.stringify(facts!['locks'])).toContain('"mode":"AccessShareLock"');
  });
});

describe('a missing index', () => {
  test('is known from the newest backup, and built as that records it', async () => {
    const { on } = ground;
    const [before] = await on.query(`select pg_get_indexdef('public.bookings_by_user'::regclass) as sql`);
    await inject('drop-index');
    expect(await on.act('postgres.changed-plans')).toMatchObject({ ok: false, newScans: ['bookings'] });
    expect(await on.act('postgres.missing-objects', of)).toMatchObject({
      ok: false,
      missing: ['indexes public.bookings_by_user'],
      indexes: ['public.bookings_by_user'],
      others: [],
    });
    const found = await find();
    expect(found).toMatchObject({ relief: 'nothing-to-end', repair: 'rebuild-indexes' });
    const build = { ...of, indexes: list(found['indexes']) };
    await withoutToken(async () => {
      expect((await on.refusal('postgres.rebuild-indexes', build)).reason).toBe('refused');
    });

    // A build that waits for a transaction would go on after the step, and clients would wait for it.
    await stopWhileItWaits('CREATE INDEX CONCURRENTLY', 'postgres.rebuild-indexes', build);

    // What an interrupted build leaves behind is there, and is no use.
    await on.query('create index bookings_by_user on public.bookings (id)');
    await on.query(
      `update pg_index set indisvalid = false where indexrelid = 'public.bookings_by_user'::regclass`,
    );
    expect(await on.act('postgres.missing-objects', of)).toMatchObject({
      missing: ['indexes public.bookings_by_user (invalid)'],
      indexes: ['public.bookings_by_user'],
    });
    expect(await on.act('postgres.rebuild-indexes', build)).toMatchObject({
      rebuilt: ['public.bookings_by_user'],
    });
    const [after] = await on.query(`select pg_get_indexdef('public.bookings_by_user'::regclass) as sql`);
    expect(after).toEqual(before);
    expect(await on.ok('postgres.missing-objects', of)).toBe(true);
    expect(await on.ok('postgres.changed-plans')).toBe(true);
    expect(await on.act('postgres.rebuild-indexes', build)).toMatchObject({ rebuilt: [] });
  });

  test('what is missing and no index is named, and not rebuilt', async () => {
    const { on } = ground;
    await on.query('alter table public.payments rename to payments_away');
    const found = await on.act('postgres.missing-objects', of);
    expect(list(found['others'])).toContain('tables public.payments');
    await on.query('alter table public.payments_away rename to payments');
    expect(await on.ok('postgres.missing-objects', of)).toBe(true);
  });

  test('behind a lock it says that it could not look, instead of queueing', async () => {
    const { on } = ground;
    const holder = await connectTo(trafficTarget(on.lab), { applicationName: 'holder' });
    await holder.query('begin');
    await holder.query('lock table public.payments in access exclusive mode');
    expect((await on.refusal('postgres.missing-objects', of)).reason).toBe('unavailable');
    expect(list((await find())['notLookedAt'])[0]).toContain('missing objects');
    await holder.end();
  });
});

describe('a query that never ends', () => {
  test('is cancelled, and bookings go through again', async () => {
    const { on } = ground;
    await inject('runaway-query');
    await eventually('a long query', async () => !(await on.ok('postgres.long-queries', { seconds: 0.5 })));
    const found = await eventually('somebody who waits for it', async () => {
      const now = await find();
      return now['relief'] === 'cancel-query' && now;
    });
    const queries = { queries: list(found['queries']) };
    await withoutToken(async () => {
      expect((await on.refusal('postgres.cancel-query', queries)).reason).toBe('refused');
    });
    expect(await on.act('postgres.cancel-query', queries)).toMatchObject({ ended: queries.queries });
    expect(await on.ok('postgres.is-over', { sessions: queries.queries })).toBe(true);
    await booked();
    expect(await on.ok('postgres.long-queries', { seconds: 0.5 })).toBe(true);
  });
});

describe('dead rows', () => {
  test('are found with who keeps them, removed once that one is ended, and the indexes are small again', async () => {
    const { on } = ground;
    expect(await inject('bloat')).toMatchObject({ groundTruth: { table: 'public.bookings' } });
    const backup = await connectTo(trafficTarget(on.lab), { applicationName: 'firedrill snapshot' });
    await backup.query('begin isolation level repeatable read');
    const [itself] = await backup.query(
      `select pid || '@' || to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
              || '~' || to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as id
         from pg_stat_activity where pid = pg_backend_pid()`,
    );
    const found = await eventually('transactions that count as long', async () => {
      const now = await find();
      return list(now['holders']).length > 0 && list(now['otherHolders']).length > 0 && now;
    });
    const [tables, indexes] = [list(found['bloatedTables']), list(found['bloatedIndexes'])];
    expect(found).toMatchObject({ relief: 'end-horizon-holder', repair: 'vacuum', tables: [] });
    expect(found).toMatchObject({ bloatedTables: ['public.bookings'], swollenTables: ['public.bookings'] });
    expect(indexes.toSorted()).toEqual(['public.bookings_by_user', 'public.bookings_pkey']);
    expect(found['summary']).toMatch(
      /public\.bookings is full of dead rows .*ride_app \(nightly export, process/,
    );
    expect(await on.ok('postgres.measure-latency')).toBe(false);

    // A backup is waited for, never ended, and nothing else is when it is asked for as well.
    expect(list(found['otherHolders'])[0]).toContain('a backup: wait for it');
    expect(found['summary']).toMatch(/1 session of a backup .*firedrill snapshot, process/);
    const both = [...list(found['holders']), text(itself!['id'])];
    expect(both).toHaveLength(2);
    expect(await on.refusal('postgres.end-horizon-holder', { sessions: both })).toMatchObject({
      message: expect.stringContaining('no session is ended') as string,
    });
    expect(await on.ok('postgres.is-over', { sessions: [both[0]!] })).toBe(false);
    await backup.query('commit');
    // Its session is there, its transaction is not.
    expect(await on.ok('postgres.is-over', { sessions: [both[1]!] })).toBe(true);
    await backup.end();

    // Cleaning alone is allowed to remove nothing, and says so; somebody else's session is not ended.
    const cleaning = { ...of, tables };
    const useless = await on.refusal('postgres.vacuum', cleaning);
    expect(useless.reason).toBe('check');
    expect(useless.message).toMatch(/\d+ dead rows of public\.bookings .*kept for .*nightly export/);
    const other = await connectTo(trafficTarget(on.lab), { applicationName: 'innocent' });
    const [self] = await other.query(
      `select pid || '@' || to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as id
         from pg_stat_activity where pid = pg_backend_pid()`,
    );
    const innocent = { sessions: [text(self!['id'])] };
    const sessions = { sessions: list(found['holders']) };
    await withoutToken(async () => {
      expect((await on.refusal('postgres.end-horizon-holder', sessions)).reason).toBe('refused');
      expect((await on.refusal('postgres.vacuum', cleaning)).reason).toBe('refused');
      expect((await on.refusal('postgres.rewrite-tables', cleaning)).reason).toBe('refused');
    });
    expect(await on.refusal('postgres.end-horizon-holder', innocent)).toMatchObject({
      message: expect.stringContaining('keeps no dead row') as string,
    });
    await other.end();
    // What committed meanwhile is no reason to stop half-way.
    expect(await on.act('postgres.end-horizon-holder', { sessions: both.toReversed() })).toMatchObject({
      ended: sessions.sessions,
      gone: [both[1]],
    });

    expect(await on.act('postgres.vacuum', cleaning)).toMatchObject({ handedBack: [] });
    expect(await on.act('postgres.bloat', of)).toMatchObject({
      ok: false,
      deadCount: 0,
      bloatedTables: tables,
    });
    expect(await on.ok('postgres.measure-latency')).toBe(true);
    // As an attempt that was broken off leaves it.
    await on.query('create index bookings_pkey_ccnew on public.bookings (id)');
    await on.query(
      `update pg_index set indisvalid = false where indexrelid = 'public.bookings_pkey_ccnew'::regclass`,
    );
    await on.act('postgres.reindex', { ...of, indexes, concurrently: true });
    expect(await on.query(`select to_regclass('public.bookings_pkey_ccnew') as half`)).toEqual([
      { half: null },
    ]);
    // The table stays large, which harms nobody: making it small is a decision of its own.
    expect(await on.act('postgres.bloat', of)).toMatchObject({ ok: true, swollenTables: tables });
    expect(await find()).toMatchObject({ ok: true, repair: 'nothing-to-repair', swollenTables: tables });
    await on.act('postgres.rewrite-tables', cleaning);
    expect(await on.act('postgres.bloat', of)).toMatchObject({ ok: true, swollenCount: 0 });
    await booked();
  });
});

describe('old statistics', () => {
  test('are made anew, and autovacuum has the table back', async () => {
    const { on } = ground;
    await inject('stale-statistics');
    expect(await on.ok('postgres.stale-statistics', of)).toBe(false);
    expect(on.said()).toMatch(/public\.bookings: \d+ of \d+ rows changed.*autovacuum is switched off/);
    const found = await find();
    expect(found, text(found['summary'])).toMatchObject({ relief: 'nothing-to-end', repair: 'analyze' });
    expect(list(found['tables'])).toContain('public.bookings');
    const tables = { ...of, tables: list(found['tables']) };
    await withoutToken(async () => {
      expect((await on.refusal('postgres.analyze', tables)).reason).toBe('refused');
    });
    await stopWhileItWaits('ANALYZE', 'postgres.analyze', tables);
    expect(await on.act('postgres.analyze', tables)).toMatchObject({ handedBack: ['public.bookings'] });
    expect(await on.ok('postgres.stale-statistics', of)).toBe(true);
    expect(await on.ok('postgres.measure-latency')).toBe(true);
  });
});

describe('taken connections', () => {
  test('are given back by ending the idle sessions of the one who took them', async () => {
    const { on } = ground;
    await inject('exhaust-connections');
    expect(await on.act('postgres.connections')).toMatchObject({
      ok: false,
      hoarderUser: 'ride_app',
      hoarderApplication: 'leaking pool',
    });
    expect(await on.act('postgres.measure-latency')).toMatchObject({ ok: false });
    const found = await find();
    expect(found).toMatchObject({ relief: 'free-connections', hoarderApplication: 'leaking pool' });
    const hoarder = { user: 'ride_app', application: 'leaking pool' };
    await withoutToken(async () => {
      expect((await on.refusal('postgres.free-connections', hoarder)).reason).toBe('refused');
    });
    const { ended } = await on.act('postgres.free-connections', hoarder);
    expect(list(ended).length).toBeGreaterThan(20);
    expect(await on.ok('postgres.connections')).toBe(true);
    expect(await on.ok('postgres.measure-latency')).toBe(true);
    await booked();
  });
});
