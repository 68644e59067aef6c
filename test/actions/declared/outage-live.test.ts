import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFingerprint } from '../../../src/postgres/index.js';
import { firedrill, readNewest, type LiveRecord } from './live-run.js';
import { makeTwoRegions, type TwoRegions } from './two-regions.js';

const follow = ['run', 'runbooks/datacenter-outage.yaml', '--environment', 'production', '--view', 'plain'];

describe('a lost region of an environment that firedrill did not make, whose fence fails at first', () => {
  let ground: TwoRegions;
  let record: LiveRecord;
  let text: string;
  let code: number | null;
  beforeAll(async () => {
    ground = await makeTwoRegions();
    // The provider's own tool is broken; whoever keeps the fence can still be asked.
    const broken = `[sh, -c, "echo the provider does not answer; exit 7"]`;
    ground.declare({ replaced: { fence: ground.fenceWith(broken) } });
    const startedAt = new Date().toISOString();
    await ground.freeze();
    const run = firedrill(ground.programme, [...follow, '--started-at', startedAt]);
    await run.sees(/severity: </);
    run.type('severity: P0');
    run.type('users: riders in every city');
    await run.sees(/the region is down[^]*type: fail-over/);
    run.type('fail-over');
    await run.sees(/Shut region A off[^]*It failed[^]*type: by-hand/);
    run.type('by-hand');
    await run.sees(/Reported as done by hand, but its check says[^]*type: by-hand/);
    await ground.gate('close');
    run.type('by-hand');
    await run.sees(/type: yes incident-commander/);
    run.type('yes incident-commander');
    await run.sees(/Make region A a standby[^]*type: yes incident-commander/);
    run.type('yes incident-commander');
    await run.sees(/type: production/);
    run.type('production');
    await run.sees(/Region A's old address stays fenced[^]*type: done/);
    run.type('done');
    code = await run.ended;
    text = run.text();
    record = readNewest(ground.programme);
  }, 240_000);
  afterAll(async () => {
    await ground.remove();
  });

  test('is recovered from by the shipped runbook, objectives met, no acknowledged commit lost', () => {
    expect(code, text).toBe(0);
    expect(record.of('run-ended')[0]?.data).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(record.of('survivors-listed')[0]?.data).toMatchObject({ missing: 0 });
  });

  test('is fenced by hand, which counts only when the fence was seen to hold', () => {
    const fence = record.of('step-succeeded').find((entry) => entry.data.step === 'fence');
    expect(fence?.data.how).toBe('by-hand');
    const claims = record
      .of('check-evaluated')
      .filter((entry) => entry.data.step === 'fence' && entry.data.purpose === 'claim')
      .map((entry) => entry.data.check.verdict);
    expect(claims).toEqual(['fail', 'pass']);
    const [promoted] = record.of('step-succeeded').filter((entry) => entry.data.step === 'promote');
    expect(promoted?.seq).toBeGreaterThan(fence?.seq ?? Infinity);
    expect(promoted?.data.outputs).toMatchObject({ ok: true, timeline: 2, fenced: true });
  });

  test('wakes up refused, and follows the new primary in the end', async () => {
    const [woken] = record.of('step-succeeded').filter((entry) => entry.data.step === 'wake');
    expect(woken?.data.outputs).toMatchObject({ ok: true, takesWrites: true, timeline: 1 });
    expect(await readFingerprint(ground.a)).toMatchObject({ inRecovery: true });
    expect(await readFingerprint(ground.b)).toMatchObject({ inRecovery: false, timeline: 2 });
    expect(readFileSync(ground.at('service/traffic'), 'utf8')).toBe(`127.0.0.1 ${ground.b.port}\n`);
    expect(await ground.healthy()).toBe(true);
  });

  test('is named in what is left to do: the configuration still says the old primary', () => {
    const kept = record.of('environment-closed')[0]?.data.kept?.join('\n');
    expect(kept).toContain('exchange environments.production.database and environments.production.standby');
  });
});
