import { describe, expect, it } from 'vitest';
import {
  concurrently,
  judgeLatency,
  measureLatency,
  parseSessionId,
  percentile,
  type Latency,
  type Session,
} from '../../src/postgres/index.js';
import { Failure } from '../../src/base/index.js';

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
  it('names a session or one query of it, and nothing else', () => {
    expect(parseSessionId('42@2027-01-17T01:02:03.000004Z')).toEqual({
      pid: 42,
      startedAt: '2027-01-17T01:02:03.000004Z',
      queryStartedAt: null,
    });
    expect(parseSessionId('42@2027-01-17T01:02:03.000004Z/2027-01-17T01:02:09.000004Z').queryStartedAt).toBe(
      '2027-01-17T01:02:09.000004Z',
    );
    for (const wrong of ['42', '@x', '42@', "42@1' or true", '']) {
      expect(() => parseSessionId(wrong)).toThrow(expect.objectContaining({ reason: 'invalid' }) as Error);
    }
  });
});
