import { existsSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import {
  labFaults,
  requireLatency,
  observeLab,
  setLoad,
  trafficTarget,
  type Lab,
} from '../../src/lab/index.js';
import { connectTo, readBaseline, readBlocking, type Session } from '../../src/postgres/index.js';
import { readLedger } from '../../src/sentinel/index.js';
import { eventually, makeTestLab, processesNaming, type TestLab } from './lab-fixture.js';

let test: TestLab;
let lab: Lab;
let session: Session;
beforeAll(async () => {
  test = await makeTestLab({ scale: 0.5 });
  lab = test.lab;
  session = await connectTo(trafficTarget(lab), { applicationName: 'test' });
});
afterAll(async () => {
  await session.end();
  expect(await test.down()).toEqual([]);
});

const never = new AbortController().signal;
const inject = (name: string, id: string, args: JsonObject = {}) =>
  labFaults.get(name)!.inject(lab, { id, args, signal: never });
const truth = (id: string) =>
  JSON.parse(readFileSync(join(lab.paths.faults, `${id}.json`), 'utf8')) as JsonObject;
const sessionsOf = async (application: string) =>
  session.query('select pid, state from pg_stat_activity where application_name = $1 order by pid', [
    application,
  ]);
const end = async (application: string) => {
  await session.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
    application,
  ]);
};
const processOf = (id: string) =>
  processesNaming(lab.directory).filter((line) => line.includes('disturbance') && line.endsWith(`${id} `));
const over = (id: string) => eventually(`the end of ${id}`, () => processOf(id).length === 0);
/** Injected once more: the same answer, and nothing was done. */
const twice = async (name: string, id: string, first: unknown) => {
  const before = readFileSync(join(lab.paths.faults, `${id}.json`), 'utf8');
  const processes = processOf(id);
  expect(await inject(name, id)).toEqual(first);
  expect(readFileSync(join(lab.paths.faults, `${id}.json`), 'utf8')).toBe(before);
  expect(processOf(id)).toEqual(processes);
};

interface Swelling {
  readonly deadRows: number;
  readonly relations: readonly { readonly index: string | null; readonly sizeBytes: number }[];
}

it('a lab knows how quick it was when it came up', () => {
  const { baselineFile, queries } = requireLatency(lab);
  const baseline = readBaseline(baselineFile, queries)!;
  expect(baseline.queries.map((one) => one.name)).toEqual(queries.map((one) => one.name));
  for (const one of baseline.queries) {
    expect(one.samples).toBeGreaterThanOrEqual(3);
    expect(one.paths?.join()).toContain('using');
    expect(one.paths?.join()).not.toContain('Seq Scan');
  }
  // Of another statement nothing is known.
  expect(readBaseline(baselineFile, [{ name: 'by-id', sql: 'select 1' }])?.queries).toEqual([]);
});

describe('lock-storm', () => {
  it('keeps everybody from the table, which the sentinel sees, and is over when its root is ended', async () => {
    const { ledger } = await observeLab(lab, {
      recordDirectory: join(test.outside, 'record'),
      session: 's',
      intervalMs: 50,
    });
    await setLoad(lab, 10);
    const states = (what: string) =>
      readLedger(readFileSync(ledger, 'utf8')).lines.flatMap((line) =>
        line.kind === 'state' && line.what === what ? [line.state] : [],
      );
    await eventually('a good read', () => states('read').includes('ok'));
    const first = await inject('lock-storm', 'storm');
    expect(first.silent).toBeUndefined();
    expect(first.proof).toMatchObject({ sqlState: '57014', table: 'public.bookings' });
    const { root, queued, rootId } = truth('storm');
    const tree = await readBlocking(session);
    expect(tree.roots.map((one) => [one.pid, one.id, one.state])).toEqual([
      [root, rootId, 'idle in transaction'],
    ]);
    expect(tree.waiting.find((one) => one.pid === queued)?.blockedBy).toEqual([root]);
    await eventually('a failing application', () => states('application').at(-1) === 'failing');
    expect(states('write')).toEqual(['ok']);
    await twice('lock-storm', 'storm', first);
    expect(await sessionsOf('schema migration')).toHaveLength(1);

    await session.query('select pg_terminate_backend($1::int4)', [root!]);
    await over('storm');
    await eventually('a working application', () => states('application').at(-1) === 'ok');
    await setLoad(lab, 0);
    const [row] = await session.query(
      `select relreplident::text as identity from pg_class where oid = 'public.bookings'::regclass`,
    );
    expect(row).toEqual({ identity: 'd' });
  });

  it('taken up again after its process was killed, it is there once', async () => {
    await inject('lock-storm', 'killed', { table: 'public.payments' });
    const [line] = processOf('killed');
    process.kill(Number(line!.split(' ')[0]), 'SIGKILL');
    await eventually(
      'the end of its sessions',
      async () => (await sessionsOf('monthly report')).length === 0,
    );
    // As when nothing was proven yet.
    renameSync(join(lab.paths.faults, 'killed.json'), join(test.outside, 'killed.json'));
    await inject('lock-storm', 'killed', { table: 'public.payments' });
    expect(await sessionsOf('monthly report')).toHaveLength(1);
    await end('monthly report');
    await over('killed');
  });
});

describe('drop-index', () => {
  it('makes queries read the whole table, while nothing fails', async () => {
    const first = await inject('drop-index', 'dropped');
    expect(first).toMatchObject({ silent: true, proof: { index: 'public.bookings_by_user' } });
    const effect = first.proof['effect'] as unknown as {
      beforeMs: number;
      afterMs: number;
      pathsBefore: string[];
      pathsAfter: string[];
    };
    expect(effect.pathsBefore).toContain('Index Scan using bookings_by_user on bookings');
    expect(effect.pathsAfter).toContain('Seq Scan on bookings');
    expect(effect.afterMs).toBeGreaterThan(5 * effect.beforeMs);
    await twice('drop-index', 'dropped', first);
    await session.query(truth('dropped')['definition'] as string);
  });

  it.each([
    ['an index that a constraint needs', 'public.bookings_pkey', /belongs to constraint/],
    ['a table', 'public.bookings', /there is no index/],
    ['an unknown name', 'public.nothing', /there is no index/],
  ])('does not drop %s', async (_, index, message) => {
    await expect(inject('drop-index', 'refused', { index })).rejects.toThrow(message);
    expect(existsSync(join(lab.paths.faults, 'refused.json'))).toBe(false);
  });
});

describe('runaway-query', () => {
  it('never ends, and nobody can book until it is cancelled', async () => {
    const first = await inject('runaway-query', 'runaway');
    expect(first).toMatchObject({ silent: true, proof: { sqlState: '57014' } });
    await twice('runaway-query', 'runaway', first);
    const [running] = await sessionsOf('nightly recount');
    expect(running).toMatchObject({ state: 'active', pid: truth('runaway')['pid'] });
    await session.query('select pg_cancel_backend($1::int4)', [running!['pid']!]);
    await over('runaway');
    expect(await sessionsOf('nightly recount')).toEqual([]);
  });
});

describe('bloat', () => {
  it('swells the table and its indexes until clients wait, and changes no row', async () => {
    const content = `select count(*)::int as n, sum(hashtext(b::text))::text as hash from public.bookings b`;
    const before = await session.query(content);
    const first = await inject('bloat', 'swollen');
    expect(first).toMatchObject({ silent: true, groundTruth: { foundAs: { values: ['public.bookings'] } } });
    const {
      before: was,
      after: now,
      effect,
    } = first.proof as unknown as {
      before: Swelling;
      after: Swelling;
      effect: { p95BeforeMs: number; p95AfterMs: number };
    };
    expect(now.deadRows).toBeGreaterThan(100_000);
    expect(now.relations.map((one) => one.index).toSorted()).toEqual(
      was.relations.map((one) => one.index).toSorted(),
    );
    for (const { index, sizeBytes } of now.relations)
      expect(sizeBytes).toBeGreaterThan(2 * was.relations.find((one) => one.index === index)!.sizeBytes);
    expect(effect.p95AfterMs).toBeGreaterThan(requireLatency(lab).objective.atLeastMs);
    expect(effect.p95AfterMs).toBeGreaterThan(2 * effect.p95BeforeMs);
    await twice('bloat', 'swollen', first);
    expect(await session.query(content)).toEqual(before);
    expect(await sessionsOf('nightly export')).toMatchObject([{ state: 'idle in transaction' }]);
    await end('nightly export');
    await over('swollen');
    await session.query('alter table public.bookings reset (autovacuum_enabled)');
    await session.query('vacuum (full, analyze) public.bookings');
  });
});

describe('stale-statistics', () => {
  it('lets the planner choose for a table that is no more', async () => {
    const first = await inject('stale-statistics', 'stale');
    const effect = first.proof['effect'] as unknown as { query: string; beforeMs: number; afterMs: number };
    expect(effect.query).toBe('statement');
    expect(effect.afterMs).toBeGreaterThan(5 * effect.beforeMs);
    await twice('stale-statistics', 'stale', first);
    const rows = await session.query(
      `select count(*)::int as n from public.bookings where note = 'import stale'`,
    );
    expect(rows).toEqual([{ n: 20_000 }]);
    await session.query('alter table public.bookings reset (autovacuum_enabled)');
    await session.query('analyze public.bookings');
  });
});

describe('exhaust-connections', () => {
  it('turns new clients away until its sessions are ended', async () => {
    const first = await inject('exhaust-connections', 'full');
    expect(first).toMatchObject({ silent: true, proof: { sqlState: '53300' } });
    expect((await sessionsOf('leaking pool')).length).toBeGreaterThan(20);
    await twice('exhaust-connections', 'full', first);
    await end('leaking pool');
    await over('full');
    await (await requireLatency(lab).connect()).end();
  });
});

describe('every fault of this kind', () => {
  const names = [
    ...['bloat', 'lock-storm', 'drop-index', 'runaway-query', 'stale-statistics', 'exhaust-connections'],
  ];

  it.each(names)('%s hurts nothing that cannot be known again', async (name) => {
    const token = join(dirname(trafficTarget(lab).dataDirectory), 'token');
    renameSync(token, join(test.outside, 'token'));
    try {
      await expect(inject(name, 'foreign')).rejects.toMatchObject({ reason: 'refused' });
    } finally {
      renameSync(join(test.outside, 'token'), token);
    }
    expect(existsSync(join(lab.paths.faults, 'foreign.json'))).toBe(false);
    expect(processOf('foreign')).toEqual([]);
    await expect(inject(name, '../out')).rejects.toMatchObject({ reason: 'invalid' });
  });

  it.each(names)('%s is described and previewed without a lab', (name) => {
    const fault = labFaults.get(name)!;
    expect(fault.describe({})).not.toContain('undefined');
    expect(fault.preview({}).length).toBeGreaterThan(0);
    expect(fault.with).toMatchObject({ additionalProperties: false });
  });

  it('is ended with its lab, though nobody ended it', async () => {
    await inject('lock-storm', 'left');
    expect(processOf('left')).toHaveLength(1);
  });
});
