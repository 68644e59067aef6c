import { describe, expect, test } from 'vitest';
import { assess, measure } from '../../src/assessment/index.js';
import { makePlan, minute, phase, uses } from './plan-fixture.js';
import { ana, RecordBuilder } from './record-builder.js';
import { buildRun } from './run-fixture.js';

const point = (run: RecordBuilder, name: string) =>
  measure(run.record()).points.find((one) => one.point === name);

describe('the recovery clock', () => {
  test('runs from the disruption to the first green round of the verified window', () => {
    const run = buildRun({ restoreMs: 20 * minute });
    const { recoveryTime, technicalRestoreMs } = measure(run.record());
    const rounds = run.entries.filter((entry) => entry.type === 'acceptance-probed');
    const disruption = run.entries.find((entry) => entry.type === 'fault-injected');
    const byHand = Date.parse(rounds[0]?.at ?? '') - Date.parse(disruption?.at ?? '');
    expect(recoveryTime).toMatchObject({
      spansSessions: false,
      durationMs: { value: byHand, provenance: 'measured' },
    });
    expect(technicalRestoreMs.value).toBe(20 * minute);
  });

  test('a mark without green rounds behind it is not believed, and high', () => {
    const record = buildRun().record();
    const entries = record.entries.filter((entry) => entry.type !== 'acceptance-probed');
    const { measures, findings, score } = assess({ ...record, entries });
    expect(measures.recoveryTime.durationMs.value).toBeNull();
    expect(findings.map((one) => one.id)).toContain('verification-not-believed');
    expect(score.caps.map((cap) => cap.id)).toEqual(expect.arrayContaining(['CF-04', 'CF-05']));
  });

  test.each([
    ['a red round inside the window', (round: number) => round === 3, 'is red'],
    ['a window shorter than the hold', (round: number) => round > 3, 'do not span the hold'],
  ])('nor is one with %s', (_what, affected, why) => {
    const record = buildRun().record();
    const entries = record.entries.flatMap((entry) => {
      if (entry.type !== 'acceptance-probed' || !affected(entry.data.round)) return [entry];
      return why === 'is red' ? [{ ...entry, data: { ...entry.data, green: false } }] : [];
    });
    const verified = measure({ ...record, entries }).points.at(-1);
    expect(verified?.time).toMatchObject({ value: null, provenance: 'not-measured' });
    expect(verified?.time.note).toContain(why);
  });

  test('a beginning that people tell of is attested, and holds the category down', () => {
    const run = new RecordBuilder(makePlan({ mode: 'live', faults: [] }));
    run.add(
      'clock-marked',
      { point: 'disruption', at: '2027-01-17T00:30:00.000Z', by: 'person', because: 'started at' },
      ana,
    );
    expect(point(run, 'disruption')?.time.provenance).toBe('attested');
    expect(point(run, 'disruption')?.attestedBy).toBe('participant');
  });

  test('a declaration that a person makes is timed by the engine: measured', () => {
    expect(point(buildRun(), 'declared')).toMatchObject({ by: 'person', time: { provenance: 'measured' } });
    const scriptedRun = buildRun({ plan: makePlan({ unattended: true }) });
    expect(point(scriptedRun, 'declared')?.time.provenance).toBe('scripted');
  });

  test('across an interruption by the wall clock, and flagged', () => {
    const run = buildRun({ resumeInRestore: 90_000 });
    const { recoveryTime, phases, sessions } = measure(run.record());
    const marks = run.entries.filter((entry) => entry.type === 'clock-marked');
    const at = (name: string) => Date.parse(marks.find((mark) => mark.data.point === name)?.data.at ?? '');
    expect(sessions).toBe(2);
    expect(recoveryTime).toMatchObject({
      spansSessions: true,
      durationMs: { value: at('service-verified') - at('disruption') },
    });
    expect(phases.find((one) => one.id === 'recovery')?.spansSessions).toBe(true);
    expect(phases.find((one) => one.id === 'verification')?.spansSessions).toBe(false);
  });

  test('a clock that somebody moves changes no duration, and voids the run unless an entry says why', () => {
    const play = (note: string | null) => {
      const run = new RecordBuilder(
        makePlan({ phases: [phase('recovery', 45, [uses('restore', 'postgres.restore')])] }),
      );
      run.add('phase-entered', { phase: 'recovery', stage: 'response' }).wait(5000).stepClock(-3_600_000);
      if (note !== null) run.add('note-taken', { text: note }, ana);
      return run.add('phase-left', { phase: 'recovery', outcome: 'completed' }).record();
    };
    const unexplained = assess(play(null));
    expect(unexplained.measures.phases[0]?.actualMs).toBe(5000);
    expect(unexplained.score.caps.find((cap) => cap.id === 'CF-02')?.reason).toContain(
      '-3600000 ms, unexplained',
    );
    const explained = assess(play('the clock was set back by an hour'));
    expect(explained.score.caps.map((cap) => cap.id)).not.toContain('CF-02');
  });
});

describe('whose time it was', () => {
  test('the four parts sum to the phase, and each moment counts once', () => {
    for (const phaseFact of measure(buildRun({ byHand: true }).record()).phases) {
      const { machineMs, handsOnMs, waitingMs, idleMs, actualMs } = phaseFact;
      expect((machineMs ?? 0) + (handsOnMs ?? 0) + (waitingMs ?? 0) + (idleMs ?? 0)).toBe(actualMs);
    }
  });

  test('a form waits, a task is hands-on, a restore is the machine’s', () => {
    const phases = measure(buildRun().record()).phases;
    const of = (id: string) => phases.find((one) => one.id === id);
    expect(of('before')).toMatchObject({ handsOnMs: minute, waitingMs: 0, machineMs: 0 });
    expect(of('assessment')).toMatchObject({
      machineMs: 2 * minute + 50,
      waitingMs: 3 * minute,
      handsOnMs: 0,
    });
    expect(of('recovery')).toMatchObject({ machineMs: 20 * minute, waitingMs: minute + 1000 });
  });

  test('machine work under an open prompt is the machine’s', () => {
    const run = new RecordBuilder(
      makePlan({ phases: [phase('p', 15, [uses('a', 'postgres.restore'), uses('b', 'x.y')])] }),
    );
    run.add('phase-entered', { phase: 'p', stage: 'response' });
    run.add('step-started', { step: 'a', attempt: 1, describe: 'a', args: {}, by: 'machine' }).wait(1000);
    run.add('prompt-opened', {
      prompt: 'q',
      kind: 'approve',
      step: 'b',
      role: null,
      text: '?',
      options: [],
      suggest: null,
      timeoutMs: null,
    });
    run.wait(3000).add('step-succeeded', {
      step: 'a',
      attempt: 1,
      how: 'performed',
      outputs: {},
      saved: {},
      evidence: [],
    });
    run.wait(2000).add('prompt-answered', { prompt: 'q', answer: { approve: true }, reason: null }, ana);
    run.add('phase-left', { phase: 'p', outcome: 'completed' });
    expect(measure(run.record()).phases[0]).toMatchObject({
      actualMs: 6000,
      machineMs: 4000,
      waitingMs: 2000,
      idleMs: 0,
    });
  });

  test('a declared answer is no human time', () => {
    const { phases } = measure(buildRun({ plan: makePlan({ unattended: true }) }).record());
    expect(phases.find((one) => one.id === 'assessment')).toMatchObject({
      handsOnMs: null,
      waitingMs: null,
      scriptedAnswers: 1,
      machineMs: 2 * minute + 50,
    });
  });

  test('a hold is shown and never subtracted', () => {
    const run = buildRun({ stopAfter: { phase: 'recovery', end: 'none' } });
    const before = measure(run.record()).phases[1]?.actualMs;
    run.add('held', { reason: 'lunch' }, ana).wait(minute).add('released', {}, ana);
    const { holds, phases } = measure(run.record());
    expect(holds).toMatchObject([{ reason: 'lunch', durationMs: minute }]);
    expect(phases[1]?.actualMs).toBe(before);
  });
});

describe('beside them', () => {
  test('outages are the sentinel’s failing intervals; one that never ends says so', () => {
    const whole = measure(buildRun().record()).outages;
    expect(whole).toMatchObject([{ what: 'read', ledgerSeqs: [22, 23] }]);
    const cut = assess(buildRun({ stopAfter: { phase: 'recovery', end: 'failed' } }).record());
    expect(cut.measures.outages).toMatchObject([{ what: 'read', until: null }]);
    expect(cut.findings.map((one) => one.id)).toContain('still-failing:read');
  });

  test.each([
    [{ policy: { interval: '15m', upload: '10s' } }, 15 * minute + 30_000 + 10_000, false],
    [{ policy: { interval: '1h' } }, 60 * minute + 30_000, true],
    [{ policy: { interval: 3_600_000, wal: { lag: 2000 } } }, 2000, false],
    [{}, null, null],
  ])('structural loss by %j is %s', (settings, totalMs, aboveRpo) => {
    const plan = makePlan({ environment: { name: 'lab', kind: 'lab', settings } });
    const { measures, findings } = assess(buildRun({ plan }).record());
    expect(measures.structuralLoss).toMatchObject({ totalMs: { value: totalMs }, aboveRpo });
    expect(measures.structuralLoss.totalMs.provenance).toBe(totalMs === null ? 'not-measured' : 'planned');
    const raised = findings.some((one) => one.id === 'structural-loss-above-rpo' && one.class === 'high');
    expect(raised).toBe(aboveRpo === true);
  });
});

describe('the technical restore time', () => {
  const attempt = (run: RecordBuilder) =>
    run.add('step-started', { step: 'restore', attempt: 1, describe: 'restores', args: {}, by: 'machine' });
  const result = (run: RecordBuilder, how: 'performed' | 'already-done') =>
    run.add('step-succeeded', {
      ...{ step: 'restore', attempt: 1, how, outputs: {}, saved: {}, evidence: [] },
    });
  const figure = (run: RecordBuilder) => measure(run.record()).technicalRestoreMs;

  test('of a restore that was done already is not measured, rather than nothing', () => {
    const run = new RecordBuilder();
    expect(figure(result(run.wait(minute), 'already-done'))).toMatchObject({
      ...{ value: null, provenance: 'not-measured', note: 'restore was done already: nobody timed it' },
    });
  });

  test('of a restore that was begun and never ended is not measured', () => {
    const run = attempt(new RecordBuilder());
    run.wait(minute).add('note-taken', { text: 'it takes its time' }, ana);
    expect(figure(run)).toMatchObject({ value: null, note: 'restore was begun and has no result' });
    expect(figure(attempt(result(run, 'performed')))).toMatchObject({ value: null });
  });

  test('of a restore across two sessions is not measured, rather than cut off', () => {
    expect(figure(buildRun({ resumeInRestore: minute }))).toMatchObject({
      ...{ value: null, provenance: 'not-measured', note: 'restore was interrupted' },
    });
  });

  test('of attempts in one session is the machine’s work of all of them', () => {
    const run = attempt(new RecordBuilder()).wait(1000);
    run.add('step-failed', {
      ...{ step: 'restore', attempt: 1, evidence: [], willRetry: true },
      failure: { reason: 'exit-code', message: 'pg_restore ended with 1', retryable: true },
    });
    expect(figure(result(attempt(run.wait(minute)).wait(2000), 'performed')).value).toBe(3000);
  });
});
