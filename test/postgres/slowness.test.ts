import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseRelief, summarise } from '../../src/actions/postgres/slowness-suggestions.js';
import {
  concurrently,
  connectTo,
  endSession,
  findHorizonHolders,
  isOver,
  judgeLatency,
  measureLatency,
  parseSessionId,
  percentile,
  readRelationSizes,
  reindex,
  sayHolder,
  stopCluster,
  textOrNull,
  vacuumTables,
  type ClusterLocation,
  type HorizonHolder,
  type Latency,
  type Session,
  type StatementStop,
} from '../../src/postgres/index.js';
import { Failure } from '../../src/base/index.js';
import { makeStandby } from '../backup/standby.js';
import { eventually } from '../lab/lab-fixture.js';
import { failureOf } from './failure-of.js';
import { openGround, type Ground } from './throwaway-cluster.js';

const latency = (p95Ms: number, paths: readonly string[] | null = null): Latency => ({
  at: '2027-01-17T01:00:00.000Z',
  durationMs: 1,
  p50Ms: p95Ms,
  p95Ms,
  queries: [{ name: 'q', samples: 20, p50Ms: p95Ms, p95Ms, givenUp: 0, paths, firstError: null }],
});

describe('percentile', () => {
  it('is a sample that was taken, and one slow answer in twenty does not count', () => {
    expect(percentile([], 0.95)).toBe(0);
    expect(percentile([3], 0.95)).toBe(3);
    const twenty = [...Array.from({ length: 19 }, (_, index) => index + 1), 900];
    expect(percentile(twenty, 0.95)).toBe(19);
    expect(percentile([...twenty.slice(1), 800], 0.95)).toBe(800);
    expect(percentile(twenty, 0.5)).toBe(10);
  });
});

describe('the objective of a canary query', () => {
  const objective = { atLeastMs: 100, factor: 5 };
  it('is the larger of the fixed time and the multiple of the baseline', () => {
    expect(judgeLatency(latency(100), latency(2), objective).within).toBe(true);
    expect(judgeLatency(latency(100.1), latency(2), objective).within).toBe(false);
    expect(judgeLatency(latency(200), latency(40), objective).within).toBe(true);
    expect(judgeLatency(latency(100.1), null, objective)).toMatchObject({
      within: false,
      worst: { baselineMs: null, objectiveMs: 100 },
    });
  });

  it('is not met by nothing measured', () => {
    const nothing = { ...latency(0), queries: [{ ...latency(0).queries[0]!, samples: 0 }] };
    expect(judgeLatency(nothing, null, objective).within).toBe(false);
    expect(judgeLatency({ ...latency(0), queries: [] }, null, objective).within).toBe(false);
  });

  it('names tables that an index used to reach, and no others', () => {
    const before = latency(1, ['Index Scan using a on t', 'Seq Scan on u']);
    const now = latency(1, ['Seq Scan on t', 'Seq Scan on u']);
    expect(judgeLatency(now, before, objective).worst?.newScans).toEqual(['t']);
    expect(judgeLatency(now, null, objective).worst?.newScans).toEqual([]);
    expect(judgeLatency(latency(1), before, objective).worst?.newScans).toEqual([]);
  });
});

describe('measuring', () => {
  const queries = [{ name: 'q', sql: 'select 1' }];
  const session = (query: Session['query']): Session => ({
    query,
    transaction: (work) => work(session(query)),
    end: () => Promise.resolve(),
  });

  it('counts what is not answered as the worst sample there is, and asks no longer than needed', async () => {
    let asked = 0;
    const connect = () => {
      asked += 1;
      return Promise.reject(new Failure('unavailable', 'no slot left [SQLSTATE 53300]'));
    };
    const { queries: found } = await measureLatency({ queries, connect, limitMs: 500 });
    expect(found).toMatchObject([{ samples: 2, p50Ms: 500, p95Ms: 500, givenUp: 2, paths: null }]);
    expect(found[0]?.firstError).toContain('53300');
    expect(asked).toBeLessThanOrEqual(3);
  });

  it('does not hang on a server that never answers', async () => {
    const connect = () => Promise.resolve(session(() => new Promise(() => undefined)));
    const { p95Ms, queries: found } = await measureLatency({ queries, connect, limitMs: 50 });
    expect(p95Ms).toBeGreaterThanOrEqual(100);
    expect(found[0]).toMatchObject({ givenUp: 2, paths: null });
  });

  it('ends when it is cancelled', async () => {
    const connect = () => Promise.resolve(session(() => Promise.resolve([])));
    const signal = AbortSignal.abort();
    await expect(measureLatency({ queries, connect, limitMs: 50, signal })).rejects.toMatchObject({
      reason: 'cancelled',
    });
  });
});

describe('an index made anew', () => {
  it.each([
    ['CREATE INDEX i ON public.t USING btree (a)', 'CREATE INDEX CONCURRENTLY i ON public.t USING btree (a)'],
    [
      'CREATE UNIQUE INDEX "I ON x" ON s.t USING btree (a) WHERE (b > 1)',
      'CREATE UNIQUE INDEX CONCURRENTLY "I ON x" ON s.t USING btree (a) WHERE (b > 1)',
    ],
  ])('%s', (definition, statement) => {
    expect(concurrently('i', definition)).toBe(statement);
  });

  it.each([
    ['DROP TABLE t', 'invalid'],
    ['', 'invalid'],
    ['CREATE INDEX i ON ONLY public.t USING btree (a)', 'refused'],
  ])('not from "%s"', (definition, reason) => {
    expect(() => concurrently('i', definition)).toThrow(expect.objectContaining({ reason }) as Error);
  });
});

describe('the id of a session', () => {
  it('names a session or one query or transaction of it, and nothing else', () => {
    expect(parseSessionId('42@2027-01-17T01:02:03.000004Z')).toEqual({
      pid: 42,
      startedAt: '2027-01-17T01:02:03.000004Z',
      queryStartedAt: null,
      transactionStartedAt: null,
    });
    expect(parseSessionId('42@2027-01-17T01:02:03.000004Z/2027-01-17T01:02:09.000004Z').queryStartedAt).toBe(
      '2027-01-17T01:02:09.000004Z',
    );
    expect(parseSessionId('42@2027-01-17T01:02:03.000004Z~2027-01-17T01:02:09.000004Z')).toMatchObject({
      queryStartedAt: null,
      transactionStartedAt: '2027-01-17T01:02:09.000004Z',
    });
    for (const wrong of ['42', '@x', '42@', "42@1' or true", '']) {
      expect(() => parseSessionId(wrong)).toThrow(expect.objectContaining({ reason: 'invalid' }) as Error);
    }
  });
});

describe('who keeps dead rows', () => {
  const holder = (kind: HorizonHolder['kind'], application: string): HorizonHolder => ({
    ...{ id: '1@a~b', pid: 1, user: 'ann', openMs: 61_000, query: 'select 1', kind, application },
    state: kind === 'active' ? 'active' : 'idle in transaction',
  });
  const found = (...sessions: HorizonHolder[]) => ({
    tree: { roots: [], waiting: [], prepared: [], waits: {} },
    ...{ long: [], missing: [], stale: [], slotsFree: true, hoarder: null, holders: sessions },
    bloat: { dead: [], swollen: [], holders: { sessions, others: [] } },
    slots: { slots: 10, used: 1, clients: [], hoarder: null } as unknown as Parameters<
      typeof summarise
    >[0]['slots'],
  });

  it('is proposed for its end only where it idles and is no backup, and every one of those is named', () => {
    expect(chooseRelief(found(holder('backup', 'pg_dump'), holder('active', 'report')))).toBe(
      'nothing-to-end',
    );
    const some = found(holder('idle', 'export'), holder('idle', 'shell'), holder('backup', 'pg_dump'));
    expect(chooseRelief(some)).toBe('end-horizon-holder');
    const summary = summarise(some);
    expect(summary).toMatch(/2 sessions idle .* ended: ann \(export, process 1\) for 1\D.*, ann \(shell, /);
    expect(summary).toMatch(/1 session of a backup .* to be waited for: ann \(pg_dump/);
  });
});

describe('on a server', () => {
  let ground: Ground;
  let location: ClusterLocation;
  let admin: Session;
  const open: Session[] = [];
  const client = async (applicationName: string) => {
    const session = await connectTo(location, { applicationName });
    open.push(session);
    return session;
  };

  beforeAll(async () => {
    ground = await openGround();
    location = await ground.cluster('slow', { autovacuum: 'off' });
    admin = await connectTo(location);
    await admin.query(`create table rides(id int primary key, note text);
      insert into rides select i, repeat(md5(i::text), 4) from generate_series(1, 5000) i`);
  });
  afterAll(async () => {
    await Promise.all([admin, ...open].map((session) => session.end()));
    await ground.remove();
  });

  it('a backup and who is at work are told from who idles, and a later transaction is not ended for an earlier one', async () => {
    const [backup, atWork, idle] = [
      await client('firedrill snapshot'),
      await client('report'),
      await client('shell'),
    ];
    for (const session of [backup, atWork, idle]) {
      await session.query('begin isolation level repeatable read');
      await session.query('select count(*) from rides');
    }
    const working = atWork.query('select pg_sleep(60)').catch(() => undefined);
    const { sessions } = await eventually('three that count as long', async () => {
      const now = await findHorizonHolders(admin);
      return now.sessions.length === 3 && now;
    });
    const kinds = Object.fromEntries(sessions.map((one) => [one.application, one.kind]));
    expect(kinds).toEqual({ 'firedrill snapshot': 'backup', report: 'active', shell: 'idle' });
    expect(sayHolder(sessions.find((one) => one.kind === 'backup')!)).toContain('a backup: wait for it');

    const idOf = (kind: string) => sessions.find((one) => one.kind === kind)!.id;
    expect((await failureOf(endSession(admin, idOf('active'), 'terminate'))).reason).toBe('refused');
    await idle.query('commit');
    await idle.query('begin');
    expect(await isOver(admin, idOf('idle'))).toBe(true);
    expect(await endSession(admin, idOf('idle'), 'terminate')).toBe('gone');
    expect(await idle.query('select 1 as one')).toEqual([{ one: 1 }]);
    await admin.query(`select pg_cancel_backend(${idOf('active').split('@')[0]!})`);
    await working;
    for (const session of [backup, atWork, idle]) await session.query('rollback');
  });

  it('a replication slot is named only when it is far behind, and further than every session', async () => {
    await admin.query(`select pg_create_physical_replication_slot('copy')`);
    const standby = await makeStandby(ground, location, 'standby', {
      ...{ primary_slot_name: 'copy', hot_standby_feedback: 'on', wal_receiver_status_interval: '1s' },
    });
    const xmin = async () => {
      const [row] = await admin.query('select xmin::text as xmin from pg_replication_slots');
      return textOrNull(row, 'xmin') ?? undefined;
    };
    await eventually('word of the standby', xmin);
    expect((await findHorizonHolders(admin)).others).toEqual([]);
    const here = await client('shell');
    const there = await connectTo(standby);
    for (const session of [here, there]) {
      await session.query('begin isolation level repeatable read');
      await session.query('select count(*) from rides');
    }
    await admin.query('do $$ begin for i in 1..1100 loop perform txid_current(); commit; end loop; end $$');
    expect((await findHorizonHolders(admin)).others).toEqual([]);
    await here.query('rollback');
    const { others } = await findHorizonHolders(admin);
    expect(others).toEqual([
      expect.stringMatching(/^replication slot copy may keep .* 1\d\d\d transactions behind$/),
    ]);
    await there.end();
    await stopCluster(ground.tools, standby);
  });

  it('VACUUM FULL and REINDEX that are stopped end on the server, and keep nobody out', async () => {
    const slow = (
      seconds: number,
    ) => `create or replace function slow(text) returns text immutable language plpgsql
      as $$ begin perform pg_sleep(${seconds}); return $1; end $$`;
    await admin.query(slow(0));
    await admin.query('create index rides_slow on rides (slow(note))');
    // Longer than any test may take.
    await admin.query(slow(1));
    const work = await client('work');
    const connect = () => connectTo(location);
    const index = { schema: 'public', name: 'rides_slow' };
    for (const run of [
      (stop: StatementStop) => vacuumTables(work, ['public.rides'], { full: true, stop }),
      (stop: StatementStop) => reindex(work, [index], { stop }),
      (stop: StatementStop) => reindex(work, [index], { concurrently: true, stop }),
    ]) {
      const stopped = new AbortController();
      const running = failureOf(run({ signal: stopped.signal, connect }));
      const sleeping = `select pid from pg_stat_activity where application_name = 'work' and wait_event = 'PgSleep'`;
      await eventually('it is at work', async () => (await admin.query(sleeping)).length === 1);
      stopped.abort();
      expect(await running).toMatchObject({
        reason: 'cancelled',
        message: expect.stringMatching(/^"(vacuum|reindex) .* was cancelled$/) as string,
      });
      expect(await admin.query(sleeping)).toEqual([]);
      expect(await admin.query('select 1 as one from rides limit 1')).toEqual([{ one: 1 }]);
      expect((await failureOf(run({ signal: stopped.signal, connect }))).message).toContain('not begun');
    }
    expect(await admin.query(`select to_regclass('rides_slow_ccnew') as half`)).toEqual([{ half: null }]);
    await admin.query('drop index rides_slow');
  });

  it('a failed REINDEX blames an open transaction only where it waited for one', async () => {
    const failure = await failureOf(
      reindex(admin, [{ schema: 'public', name: 'nowhere' }], { concurrently: true }),
    );
    expect(failure).toMatchObject({ reason: 'invalid', hint: undefined });
  });

  it('a table of which one column was never looked at has no estimate', async () => {
    const estimates = async () =>
      (await readRelationSizes(admin))
        .filter((one) => one.table === 'public.rides')
        .map((one) => one.estimatedBytes);
    await admin.query('analyze rides');
    expect(await estimates()).toEqual([expect.any(Number)]);
    await admin.query(`alter table rides add column weight text default 'heavy'`);
    expect(await estimates()).toEqual([null]);
    await admin.query('analyze rides');
    expect(await estimates()).toEqual([expect.any(Number)]);
  });
});
