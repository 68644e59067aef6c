import { existsSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { takeBackup } from '../../src/backup/index.js';
import { connectTo, type Session } from '../../src/postgres/index.js';
import { eventually } from '../lab/lab-fixture.js';
import { failureOf } from '../postgres/failure-of.js';
import { policy, signer, useBackupGround } from './ground.js';

describe('a physical backup that meets a locked table', () => {
  const on = useBackupGround({ max_prepared_transactions: '2' });
  const held: Session[] = [];
  afterEach(async () => {
    for (const session of held.splice(0)) await session.end();
  });

  const lock = async (sql: string): Promise<string> => {
    const session = await connectTo(on.primary, { applicationName: 'nightly maintenance' });
    held.push(session);
    const [row] = await session.query('select pg_backend_pid()::text as pid');
    await session.query(`begin; ${sql}`);
    return row?.['pid'] as string;
  };
  const take = async (more: { lockWaitMs?: number; signal?: AbortSignal } = {}) =>
    takeBackup({
      ...{ tools: on.ground.tools, location: on.primary, store: on.store, kind: 'physical', policy },
      ...{ source: 'production', walDirectory: on.walDirectory, signer, lockWaitMs: 400 },
      ...more,
    });
  const isWaiting = async () =>
    on.ground.withSession(on.primary, async (session) => {
      const rows = await session.query(`select 1 from pg_locks where locktype = 'relation' and not granted`);
      return rows.length > 0;
    });
  const nothing = () => {
    const there = existsSync(on.store.directory) ? readdirSync(on.store.directory) : [];
    expect(there).toEqual([]);
  };

  it.each([
    ['is static', 'lock table cities in access exclusive mode', /public\.cities by/],
    ['only grows', 'lock table canary in access exclusive mode', /public\.canary by/],
    [
      'is behind a view',
      'create table behind(id int); create view in_front as select id from behind; commit; begin; lock table behind in access exclusive mode',
      /public\.behind by/,
    ],
  ])(
    'that %s: it does not wait without limit, names who has it, and leaves nothing',
    async (_, sql, says) => {
      const pid = await lock(sql);
      const failure = await failureOf(take());
      expect(failure.reason).toBe('unavailable');
      expect(failure.message).toMatch(/^tables of database postgres stayed locked for 400ms: /);
      expect(failure.message).toMatch(says);
      expect(failure.message).toMatch(
        new RegExp(`process ${pid} \\(admin nightly maintenance, since \\d{4}-\\d\\d-\\d\\dT[0-9:]+Z\\)`),
      );
      expect(failure.hint).toContain(`select pg_terminate_backend(${pid})`);
      nothing();
    },
  );

  it('names who stands in line before it', async () => {
    await lock('select count(*) from cities');
    const waiting = await connectTo(on.primary, { applicationName: 'migration' });
    held.push(waiting);
    const [row] = await waiting.query('select pg_backend_pid()::text as pid');
    const queued = waiting.query('begin; lock table cities in access exclusive mode').catch(() => undefined);
    await eventually('somebody in line', isWaiting);
    const failure = await failureOf(take());
    expect(failure.message).toContain(
      `public.cities, which process ${row?.['pid'] as string} (admin migration`,
    );
    nothing();
    await held.shift()?.end();
    await queued;
  });

  it('says so when it is a prepared transaction, which no process holds', async () => {
    await lock(`lock table cities in access exclusive mode; prepare transaction 'left'`);
    const failure = await failureOf(take());
    await on.ground.withSession(on.primary, async (session) => session.query(`rollback prepared 'left'`));
    expect(failure.message).toContain('public.cities by a prepared transaction');
    expect(failure.hint).toContain('pg_prepared_xacts');
    nothing();
  });

  it('is not cut off by a limit that ordinary clients have for idling in transactions', async () => {
    const all = async (sql: string) =>
      on.ground.withSession(on.primary, async (session) => session.query(`alter role all ${sql}`));
    await all(`set idle_in_transaction_session_timeout = '1ms'`);
    try {
      expect((await take({ lockWaitMs: 60_000 })).manifest.kind).toBe('physical');
    } finally {
      await all('reset all');
      rmSync(on.store.directory, { recursive: true });
    }
  });

  it('ends soon when it is cancelled while it waits', async () => {
    await lock('lock table cities in access exclusive mode');
    const stop = new AbortController();
    const taken = failureOf(take({ lockWaitMs: 100_000, signal: stop.signal }));
    await eventually('the backup waiting for a lock', isWaiting);
    stop.abort();
    expect((await taken).reason).toBe('cancelled');
    nothing();
  });
});
