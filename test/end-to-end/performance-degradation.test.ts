import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readReport } from './support/record.js';
import { expectExit, type Ended } from './support/run-program.js';

const drill = 'drills/performance-degradation.yaml';
const runbook = 'runbooks/performance-degradation.yaml';
const unattended = ['drill', drill, '--unattended', '--view', 'plain'];

/** The shipped files with short waits; what is waited for stays the same. */
function quickProgramme(): Programme {
  const made = makeProgramme();
  made.edit(drill, 'delay: 5s', 'delay: 500ms');
  made.edit(runbook, 'hold: 5s', 'hold: 2s');
  made.edit(runbook, 'every: 1s}\n        timeout: 15m', 'every: 250ms}\n        timeout: 15m');
  return made;
}

interface Measured {
  readonly ok: boolean;
  readonly p95Ms: number;
  readonly baselineMs: number;
  readonly worstMs: number;
  readonly objectiveMs: number;
}
const outputsOf = (record: string, step: string) =>
  entriesOf(record, 'step-succeeded', { step })[0]!.data['outputs'] as Measured & {
    readonly [name: string]: unknown;
  };
const signsOf = (record: string) =>
  entriesOf(record, 'detection-evaluated')[0]!.data['signs'] as {
    readonly id: string;
    readonly seen: boolean | null;
  }[];
const seen = (record: string) => signsOf(record).flatMap((sign) => (sign.seen === true ? [sign.id] : []));

describe('the shipped drill: a lock storm', () => {
  let programme: Programme;
  let ended: Ended;
  let record: string;
  beforeAll(async () => {
    programme = quickProgramme();
    ended = await programme.run(...unattended);
    record = programme.record();
  });
  afterAll(() => programme.remove());

  it('ends with exit code 0, objectives met, S for want of independent people, and leaves nothing behind', () => {
    expectExit(ended, 0);
    const { outcome, score } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(score.caps.map((cap) => cap.id)).toEqual(['CF-10']);
    expect(score.band).toBe('S');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('was seen by a client first, and the runbook saw what and who', () => {
    const failing = entriesOf(record, 'observed', { state: 'failing' })[0]!;
    expect(failing.actor.kind).toBe('sentinel');
    expect(failing.seq).toBeLessThan(entriesOf(record, 'detection-evaluated')[0]!.seq);
    expect(seen(record)).toEqual(expect.arrayContaining(['slow', 'waiting']));
    expect(seen(record)).not.toContain('stale-statistics');
    const truth = entriesOf(record, 'fault-injected')[0]!.data['groundTruth'] as { rootId: string };
    expect(outputsOf(record, 'cause')).toMatchObject({ relief: 'end-root-blocker', roots: [truth.rootId] });
    expect(outputsOf(record, 'end-root')).toMatchObject({ ended: [truth.rootId], gone: [] });
  });

  it('shows p95 before, during and after, each of them measured', () => {
    const [during, after] = [outputsOf(record, 'how-slow'), outputsOf(record, 'how-fast')];
    expect(during.ok).toBe(false);
    expect(during.worstMs).toBeGreaterThan(during.objectiveMs);
    expect(during.baselineMs).toBeGreaterThan(0);
    expect(during.baselineMs).toBeLessThan(during.worstMs);
    expect(after).toMatchObject({ ok: true, baselineMs: during.baselineMs });
    const report = readFileSync(join(record, 'report.md'), 'utf8');
    for (const figure of [during.p95Ms, during.baselineMs, after.p95Ms])
      expect(report).toContain(`\`${figure}\``);
  });

  it('lost no acknowledged commit and took the time that an independent reading of the record gives', () => {
    const own = recompute(record);
    const { recoveryTime, loss } = readReport(record).assessment.measures;
    expect(own.acknowledged).toBeGreaterThan(20);
    expect(own.lost).toEqual([]);
    expect(loss).toMatchObject({ acknowledged: own.acknowledged, missing: [] });
    expect(Math.abs(recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(5);
  });

  it('keeps what the ended session was doing as evidence', () => {
    const { evidence } = entriesOf(record, 'step-succeeded', { step: 'end-root' })[0]!.data as {
      evidence: { file: string; title: string }[];
    };
    const kept = evidence.find((one) => one.title.includes('before its end'))!;
    expect(readFileSync(join(record, kept.file), 'utf8')).toContain('monthly report');
  });

  it('is found intact by an audit', async () => {
    expectExit(await programme.run('audit', record), 0);
  });
});

describe('the same runbook', () => {
  let programme: Programme;
  afterEach(() => programme.remove());

  it('builds a dropped index anew, which no client had seen fail', async () => {
    programme = quickProgramme();
    programme.edit(drill, 'inject: lock-storm', 'inject: drop-index');
    programme.edit(drill, 'with: {table: public.bookings}', 'with: {index: public.bookings_by_user}');
    programme.edit(drill, 'option: end-root-blocker', 'option: nothing-to-end');
    programme.edit(drill, 'option: nothing-to-repair', 'option: rebuild-indexes');
    const ended = await programme.run(...unattended);
    const record = programme.record();
    expectExit(ended, 0);
    expect(seen(record)).toEqual(expect.arrayContaining(['slow', 'new-scans', 'missing-objects']));
    expect(seen(record)).not.toContain('waiting');
    expect(outputsOf(record, 'cause')).toMatchObject({ relief: 'nothing-to-end', repair: 'rebuild-indexes' });
    expect(outputsOf(record, 'rebuild-indexes')).toMatchObject({ rebuilt: ['public.bookings_by_user'] });
    expect(outputsOf(record, 'how-fast').ok).toBe(true);
    expect(recompute(record).lost).toEqual([]);
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('does not end green when nothing is ended', async () => {
    programme = quickProgramme();
    programme.edit(drill, 'option: end-root-blocker', 'option: nothing-to-end');
    programme.edit(runbook, 'timeout: 15m\n        onFailure: ask', 'timeout: 5s\n        onFailure: ask');
    const ended = await programme.run(...unattended);
    const record = programme.record();
    expectExit(ended, 4);
    expect(entriesOf(record, 'acceptance-probed').filter((one) => one.data['green'])).toEqual([]);
    expect(entriesOf(record, 'clock-marked', { point: 'service-verified' })).toEqual([]);
    const { outcome, measures } = readReport(record).assessment;
    expect(outcome.verdict).not.toBe('met');
    expect(measures.recoveryTime.durationMs.value).toBeNull();
    // The sessions of the storm are ended with the lab.
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('finds nothing wrong with a service in which nothing is broken', async () => {
    programme = quickProgramme();
    programme.edit(drill, /^faults:\n.*\n/m, 'faults: []\n');
    const ended = await programme.run(...unattended);
    const record = programme.record();
    expectExit(ended, 1);
    const [people, ...signs] = signsOf(record).toReversed();
    expect(people).toMatchObject({ id: 'user-reports', seen: null });
    // Every sign was looked at: one that could not be evaluated would prove nothing.
    expect(signs.map(({ id, seen: yes }) => [id, yes])).toEqual(signs.map(({ id }) => [id, false]));
    expect(entriesOf(record, 'phase-entered').map((one) => one.data['stage'])).not.toContain('response');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});
