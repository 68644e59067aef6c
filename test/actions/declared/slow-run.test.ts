import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTo, type Session } from '../../../src/postgres/index.js';
import { firedrill, readNewest, type LiveRecord } from './live-run.js';
import { makeProduction, type Production } from './production.js';

const runbook = 'runbooks/performance-degradation.yaml';
const latency = `    latency:
      queries:
        by-id: select * from public.bookings where id = 20000
        cities: select count(*) from public.cities
      objective: 200ms
      limit: 600ms
      baseline: latency-baseline.json`;

/** A transaction that somebody left open, and a schema change that queues behind it. */
async function lockBookings({ primary }: Production): Promise<readonly Session[]> {
  const reader = await connectTo(primary, { applicationName: 'forgotten console' });
  await reader.query('begin');
  await reader.query('select count(*) from public.bookings');
  const migration = await connectTo(primary, { applicationName: 'migration' });
  migration.query('alter table public.bookings replica identity default').catch(() => undefined);
  return [reader, migration];
}

describe('a lock on a cluster that firedrill did not make', () => {
  let production: Production;
  let sessions: readonly Session[] = [];
  let code: number | null;
  let text: string;
  let record: LiveRecord;

  beforeAll(async () => {
    production = await makeProduction();
    production.declare({ more: latency });
    const began = new Date().toISOString();
    sessions = await lockBookings(production);
    const run = firedrill(production.programme, [
      ...['run', runbook, '--environment', 'production', '--view', 'plain'],
      // The sentinel was not there yet when it began, and its first read waits as everybody does.
      ...['--started-at', began],
    ]);
    await run.sees(/severity: </);
    run.type('severity: P1');
    run.type('users: riders in every city');
    await run.sees(/type: end-root-blocker /);
    run.type('end-root-blocker');
    await run.sees(/type: nothing-to-repair|nothing-to-repair \|/);
    run.type('nothing-to-repair');
    await run.sees(/See to it that it does not come back[^]*type: done/);
    run.type('done');
    code = await run.ended;
    text = run.text();
    record = readNewest(production.programme);
  }, 300_000);
  afterAll(async () => {
    for (const session of sessions) await session.end();
    await production.remove();
  });

  test('is ended by the same runbook, and nothing is restored', () => {
    expect(code, text).toBe(0);
    expect(record.of('run-ended')[0]?.data).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(text).toContain('forgotten console');
    expect(record.of('survivors-listed')[0]?.data).toMatchObject({ missing: 0 });
  });

  test('ends the session that everybody waited for, and lets the one behind it go on', async () => {
    const [reader, migration] = sessions;
    await expect(reader!.query('select 1')).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await migration!.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('is measured with the queries that are declared, and says that no baseline was recorded', () => {
    const step = record.of('step-succeeded').find((entry) => entry.data.step === 'how-slow');
    expect(step?.data.outputs).toMatchObject({
      ok: false,
      baselineMs: null,
      worst: 'by-id',
      objectiveMs: 200,
    });
    expect(JSON.stringify(step?.data.outputs['said'])).toContain('baseline p95 not recorded');
  });

  test('has what is normal recorded by a command afterwards, and only of the declared database', async () => {
    const file = join(production.programme, 'latency-baseline.json');
    const baseline = async () => {
      const run = firedrill(production.programme, ['baseline', '--environment', 'production']);
      return { code: await run.ended, text: run.text() };
    };
    production.declare({ more: latency, systemIdentifier: '7412345678901234567' });
    expect(await baseline()).toMatchObject({
      ...{ code: 5, text: expect.stringContaining('system identifier is') as string },
    });
    production.declare();
    expect(await baseline()).toMatchObject({
      ...{
        code: 6,
        text: expect.stringContaining('Add `latency` under `environments.production`') as string,
      },
    });
    expect(existsSync(file)).toBe(false);
    production.declare({ more: latency });
    const recorded = await baseline();
    expect(recorded.code, recorded.text).toBe(0);
    expect(recorded.text).toMatch(
      /by-id: [^]*baseline of production: p50 [\d.]+ ms, p95 [\d.]+ ms, kept in /,
    );
    expect(readFileSync(file, 'utf8')).toContain('by-id');
  });
});
